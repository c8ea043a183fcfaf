import { beforeAll, expect, test } from 'vitest';
import { loadAmp } from '../../src/amp/index.ts';
import { init } from '../../src/index.ts';
import { quantize } from '../../src/quant/index.ts';
import { readFixtureFile } from '../fixtures/read.ts';

beforeAll(() => init({ kernels: 'simd' }));

const cases = JSON.parse(new TextDecoder().decode(await readFixtureFile('amp/expected.json'))) as Record<
  string,
  { readonly file: object; readonly x: { readonly shape: number[]; readonly data: number[] } }
>;

test.each(Object.keys(cases))('%s: error-to-signal ratio below 1e-3, streams with the same bits', (name) => {
  const { file, x } = cases[name]!;
  const model = loadAmp(file);
  const expected = model.forward(x).data;
  const quantized = quantize(model);
  const { data } = quantized.forward(x) as unknown as typeof x;
  let [error, signal] = [0, 0];
  for (const [i, value] of expected.entries()) {
    error += (value - data[i]!) ** 2;
    signal += value ** 2;
  }
  expect(error / signal).toBeLessThan(1e-3);
  const stream = quantized.stream({ batch: x.shape[1]!, block: x.shape[0]! });
  expect([...stream.steps(x.data)]).toEqual([...data]);
});
