import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const run = promisify(execFile);

interface Found {
  /** Looks at the clock; those of a last call. */
  readonly looks: number;
  readonly looksLater: number;
  /** Products tried. */
  readonly trials: number;
  /** Memories with tiles of 16 columns, of all. */
  readonly wide: number;
  readonly memories: number;
  /** Whether each call had the same bits. */
  readonly same: boolean;
}

/** Calls of an entry in a process of its own, which remembers what it found. */
async function callsOf(entry: string, faster: 'wide' | 'narrow'): Promise<Found> {
  const { stdout } = await run(process.execPath, ['test/node/tiles/entries.mjs', entry, faster]);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{')));
}

describe.concurrent('entries find the faster tiles while they work', () => {
  const entries = [
    'unrolled',
    'unrolled/core',
    'unrolled/slim',
    'unrolled/inference',
    'unrolled/kernels',
    'unrolled/quant',
    'unrolled/onnx',
    'unrolled/tfjs: products',
    'unrolled/tfjs: convolutions',
    'unrolled/tfjs: layers',
    'unrolled/tfjs: layers without the backend',
    'training',
    'spectra',
  ];
  test.each(entries)('%s', async (entry) => {
    const found = await callsOf(entry, 'wide');
    expect(found.trials).toBeGreaterThan(0);
    // 9 to 12 µs each
    expect(found.trials).toBeLessThan(250);
    expect(found.wide).toBeGreaterThan(0);
    expect(found.looksLater).toBe(0);
    expect(found.same).toBe(true);
  });

  test.each(['unrolled', 'unrolled/onnx', 'unrolled/tfjs: products'])(
    '%s, 8 columns are faster',
    async (entry) => {
      const found = await callsOf(entry, 'narrow');
      expect(found.trials).toBeGreaterThan(0);
      expect(found.wide).toBe(0);
      expect(found.looksLater).toBe(0);
      expect(found.same).toBe(true);
    },
  );

  test('streams try none', async () => {
    const found = await callsOf('streams', 'wide');
    expect(found).toMatchObject({ looks: 0, trials: 0, wide: 0, same: true });
    expect(found.memories).toBeGreaterThan(1);
  });
});
