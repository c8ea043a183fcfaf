import { expect, test } from 'vitest';
import { cli, folder, TINY, textFile } from './helper.ts';
import { program, until } from './program.ts';

const { start } = program();

test.each(['SIGTERM', 'SIGINT'] as const)(
  'serve: %s ends it once what is being written is sent',
  async (signal) => {
    const path = folder();
    await cli('train', textFile(path('t')), ...TINY, '--steps', 5, '--out', path('m'));
    const child = start('serve', path('m'), '--port', 0);
    await until(child, () => child.out().includes('stops.'));
    const url = /http:\S+/.exec(child.out())![0];
    const headers = { 'content-type': 'application/json' };
    const { id } = await (await fetch(`${url}sessions`, { method: 'POST' })).json();
    const writing = fetch(`${url}sessions/${id}/generate`, {
      method: 'POST',
      headers,
      body: '{"length":10000}',
    });
    const steps = async () => (await (await fetch(`${url}health`)).json()).steps;
    await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(10);
    child.process.kill(signal);
    const { text } = await (await writing).json();
    expect(text.length).toBeGreaterThan(0);
    expect(await child.exit).toEqual([0, null]);
    expect(child.out()).toMatch(/Stopped after [\d,]+ steps; 1 session ended\.\n$/);
    expect(child.err()).toBe('');
  },
);
