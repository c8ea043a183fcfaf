import { afterEach, expect, test, vi } from 'vitest';
import { turn } from '../../src/model/fit/turns.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['as it is here', []],
  ['by ports, as in browsers', ['setImmediate']],
  ['by timers, as in the jsdom of Jest', ['setImmediate', 'MessageChannel']],
])('other tasks run: %s', async (_, missing) => {
  for (const name of missing) vi.stubGlobal(name, undefined);
  expect(await turn()).toBe(undefined);
});
