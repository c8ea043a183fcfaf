import { test } from 'vitest';
import { expectSameBits } from './threads/helpers.ts';

test('threads end in the middle of a kernel: the same bits, or an error and then the same bits', () => {
  expectSameBits([5]);
});
