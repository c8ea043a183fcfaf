import { beforeAll, describe, expect, test } from 'vitest';
import { loadAmp } from '../../src/amp/index.ts';
import { Adam, FormatError, init, Model, mse, StreamPool, Trainer } from '../../src/index.ts';
import { quantize } from '../../src/quant/index.ts';
import { expectThrows, expectWords } from '../errors.ts';
import { readFixtureFile } from '../fixtures/read.ts';
import { thrown } from '../model/helpers.ts';

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

  test('learned states start sessions of a pool and forks of a stream, and reset goes back to them', () => {
    const { file, x, y } = cases.nam!;
    const [, batch] = x.shape as [number, number, number];
    const model = loadAmp(file);
    const first = y.data.slice(0, batch);
    const inputs = x.data.slice(0, batch);
    const pool = new StreamPool(model, { capacity: batch + 1 });
    const sessions = inputs.map(() => pool.open());
    close(pool.step(sessions, inputs), first);
    sessions[1]!.close();
    sessions[0]!.reset();
    close(pool.step([pool.open(), sessions[0]!], [inputs[1]!, inputs[0]!]), [first[1]!, first[0]!]);
    const stream = model.stream({ batch });
    stream.step(inputs);
    const fork = stream.fork();
    fork.reset();
    close(fork.step(inputs), first);
    // a trainer starts from zeros, and so does what has options
    const zeros = model.forward(x, { training: true }).data;
    expect(Math.abs(zeros[0]! - first[0]!)).toBeGreaterThan(1e-3);
  });

  const zeros = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
  test.each<[unknown, string, ...string[]]>([
    [null, 'x', '[steps, batch, 1]', 'null'],
    [[], 'x', '[steps, batch, 1]', 'no numbers'],
    [{ data: [1, 2] }, 'x', 'shape [steps, batch, 1] is missing'],
    [{ data: [1, 2], shape: null }, 'x.shape', '[steps, batch, 1]', 'null'],
    [zeros(10), 'x', '[steps, batch, 1]', '[10]'],
    [zeros(5, 2, 7), 'x', '[steps, batch, 1]', '[5, 2, 7]'],
  ])('with learned states refuses %j as other models do', (x, ...words) => {
    const model = loadAmp(cases.nam!.file);
    for (const made of [model, quantize(model, { planes: 2 })])
      expectWords(
        thrown(() => made.forward(x as never)),
        words,
      );
    expectThrows(() => model.stream(null as never), ['the options of stream', 'null']);
  });

  test('says what the file says', () => {
    const { sampleRate, metadata, format, inputSize } = loadAmp(cases.nam!.file);
    expect([sampleRate, metadata.name, format, inputSize]).toEqual([48000, 'drive', 'NAM', 1]);
    const aida = loadAmp(cases.aida!.file);
    expect([aida.skip, aida.sampleRate, aida.metadata.out_gain]).toEqual([1, 48000, '1.5']);
  });

  test('refuses a list of layers with holes', () => {
    const { file } = cases.rtneural!;
    expectThrows(
      () => loadAmp({ ...file, layers: Array(3) }),
      ['layers[0]: expected an object'],
      FormatError,
    );
  });

  test('is saved and loaded as every model', () => {
    const { file, x, y } = cases.proteus!;
    close(Model.load(loadAmp(file).save()).forward(x as never).data as never, y.data);
  });
});
