import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Case, cases, data, recurrentFlops, select } from '../../bench/cases.mjs';
import { thorough } from '../thorough.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Row {
  readonly work: string;
  readonly shape: Record<string, number>;
  readonly engine: string;
  readonly us: number;
  readonly p25: number;
  readonly p75: number;
  readonly gflops: number;
}

describe('the list of cases', () => {
  test('names are unique', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test('each is well-formed', () => {
    for (const { name, work, kind, cell, shape, flops, vanishing } of cases) {
      const keys = ['matmul', 'map'].includes(kind) ? 'MNK' : 'TBIH';
      expect([name, Object.keys(shape).join('')]).toEqual([name, keys]);
      expect([name, ...Object.values(shape).filter((n) => !(n > 0))]).toEqual([name]);
      expect(flops).toBeGreaterThan(0);
      if (cell) expect(work).toBe(`${cell}-${vanishing ? 'vanishing' : kind}`);
    }
  });

  test('every cell has steps, sequences, training, and training that vanishes beside the same that does not', () => {
    for (const cell of ['rnn', 'lstm', 'gru']) {
      const of = (work: string) =>
        cases.filter((c) => c.work === `${cell}-${work}`).map(({ shape }) => shape);
      expect([of('step').length, of('forward').length]).toEqual([3, 5]);
      expect(of('train')).toEqual([...of('forward'), ...of('vanishing')]);
    }
  });

  test('flops: 2·T·B·(I+H)·G·H, three times that for training', () => {
    const shape = { T: 64, B: 32, I: 128, H: 256 };
    expect(recurrentFlops('lstm', shape)).toBe(2 * 64 * 32 * (128 + 256) * 4 * 256);
    expect(recurrentFlops('gru', shape, true)).toBe(3 * 2 * 64 * 32 * (128 + 256) * 3 * 256);
    expect(select(['matmul-M32-'])[0]!.flops).toBe(2 * 32 * 1024 * 256);
  });

  test('the numbers of a case have the shapes of torch.nn and do not change', () => {
    const [c] = select(['gru-train-T100-B1-I64']) as [Case];
    const given = data(c);
    expect(Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape]))).toEqual({
      weight_ih_l0: [192, 64],
      weight_hh_l0: [192, 64],
      bias_ih_l0: [192],
      bias_hh_l0: [192],
      x: [100, 1, 64],
      dy: [100, 1, 64],
    });
    for (const { data: values, shape } of Object.values(given)) {
      expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
    }
    expect(data(c)).toEqual(given);
  });

  test('--only takes parts of names, and names what there is for another', () => {
    expect(select(['lstm-step']).map(({ work }) => work)).toEqual(['lstm-step', 'lstm-step', 'lstm-step']);
    expect(select()).toBe(cases);
    expect(() => select(['lstm-step', 'lstn'])).toThrow(/no case has lstn in its name.*lstm-train/);
  });
});

describe('npm run bench', () => {
  const bench = (...args: string[]) => run(process.execPath, ['bench/run.mjs', ...args], { cwd: root });

  test.runIf(thorough)('--json gives a row a case and engine, quartiles about the median', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    try {
      const file = join(folder, 'rows.json');
      const { stdout } = await bench(
        ...['--only', 'lstm-step,matmul-M4-,sigmoid', '--peers', 'none', '--time', '0.02', '--json', file],
      );
      const report = JSON.parse(readFileSync(file, 'utf8')) as { machine: string; node: string; rows: Row[] };
      expect(report.machine).toBeTypeOf('string');
      expect(report.node).toBe(process.versions.node);
      const simd = report.rows.filter(({ engine }) => engine === 'unrolled-simd');
      expect(simd.map(({ work }) => work).sort()).toEqual(
        ['lstm-step', 'lstm-step', 'lstm-step', 'matmul', 'sigmoid'].sort(),
      );
      for (const { us, p25, p75, gflops, shape, work } of report.rows) {
        expect([us, p25, p75, gflops].every((n) => n > 0 && Number.isFinite(n))).toBe(true);
        expect(p25).toBeLessThanOrEqual(us);
        expect(us).toBeLessThanOrEqual(p75);
        expect(Object.keys(shape)).toEqual(work === 'lstm-step' ? ['T', 'B', 'I', 'H'] : ['M', 'N', 'K']);
      }
      expect(stdout).toContain('lstm-step-T1-B1-I64-H128');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [['--only', 'nothing'], /--only: no case has nothing in its name/],
    [['--peers', 'nobody'], /--peers: no nobody; there are tfjs-unrolled,/],
    [['--time', '0'], /--time: seconds, not 0/],
    [['--fast'], /--fast/],
  ])('%j ends with a message', async (args, message) => {
    await expect(bench(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  });
});
