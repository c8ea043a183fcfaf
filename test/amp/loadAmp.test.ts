import { beforeAll, describe, expect, test } from 'vitest';
import { loadAmp } from '../../src/amp/index.ts';
import { Adam, init, Model, mse, Trainer } from '../../src/index.ts';
import { readFixtureFile } from '../fixtures/read.ts';

interface Listed {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  // biome-ignore lint/suspicious/noExplicitAny: a file
  readonly file: any;
  readonly x: Listed;
  readonly y: Listed;
}
const cases = JSON.parse(new TextDecoder().decode(await readFixtureFile('amp/expected.json'))) as Record<
  string,
  Case
>;
const names = Object.keys(cases);

beforeAll(() => init());

function close(found: ArrayLike<number>, expected: readonly number[]): void {
  const most = Math.max(...expected.map(Math.abs));
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5 * most);
}

describe('a model of an amplifier', () => {
  test.each(names)('%s: whole sequences as PyTorch', (name) => {
    const { file, x, y } = cases[name]!;
    const result = loadAmp(file).forward(x);
    expect(result.shape).toEqual(y.shape);
    close(result.data, y.data);
  });

  test.each(names)('%s: streams sample by sample and in blocks, and again after reset', (name) => {
    const { file, x, y } = cases[name]!;
    const [steps, batch, size] = x.shape as [number, number, number];
    const model = loadAmp(JSON.stringify(file));
    const stream = model.stream({ batch, block: 7 });
    for (let round = 0; round < 2; round++) {
      const found: number[] = [];
      for (let t = 0; t < steps; ) {
        const n = t < 3 ? 1 : Math.min(7, steps - t);
        const part = x.data.slice(t * batch * size, (t + n) * batch * size);
        found.push(...(n === 1 ? stream.step(part) : stream.steps(part)));
        t += n;
      }
      close(found, y.data);
      stream.reset();
    }
    stream.reset(1);
    expect([...stream.step(x.data.slice(0, batch * size))].length).toBe(batch);
  });

  test.each(names)('%s: trains', (name) => {
    const { file, x, y } = cases[name]!;
    const model = loadAmp(new TextEncoder().encode(JSON.stringify(file)));
    const trainer = new Trainer(model, { loss: mse, optimizer: new Adam({ lr: 1e-2 }) });
    const target = { data: y.data.map((value) => 0.5 * value), shape: y.shape };
    const first = trainer.step(x, target, { warmup: 2 }).loss;
    let last = first;
    for (let i = 0; i < 30; i++) last = trainer.step(x, target, { warmup: 2 }).loss;
    expect(last).toBeLessThan(0.8 * first);
  });

  test('says what the file says', () => {
    const { sampleRate, metadata, format, inputSize } = loadAmp(cases.nam!.file);
    expect([sampleRate, metadata.name, format, inputSize]).toEqual([48000, 'drive', 'NAM', 1]);
    const aida = loadAmp(cases.aida!.file);
    expect([aida.skip, aida.sampleRate, aida.metadata.out_gain]).toEqual([1, 48000, '1.5']);
  });

  test('is saved and loaded as every model', () => {
    const { file, x, y } = cases.proteus!;
    close(Model.load(loadAmp(file).save()).forward(x as never).data as never, y.data);
  });
});
