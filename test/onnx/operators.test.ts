import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { errorOf, readCases, runCase } from './cases.ts';

/** Node cases of the onnx package that are refused: a word of the message by the start of the name. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  batchnorm_example_training: /BatchNormalization.*training_mode/,
  batchnorm_epsilon_training: /BatchNormalization.*training_mode/,
  training_dropout_default: /Dropout.*training_mode/,
  maxpool_with_argmax_2d_precomputed_strides: /storage_order/,
  not_: /opset 1/,
  onehot_: /OneHot.*depends on data/,
  range_float: /Range.*depends on data/,
  scan_sum: /Scan.*opset 8/,
};

beforeAll(async () => {
  await init();
});

// Results in float16 are rounded where they are stored only: ONNX rounds each one
const LIMITS: Readonly<Record<string, number>> = { float16: 3e-3 };

describe.each(['node', 'matrix', 'models'])('%s cases', async (set) => {
  const cases = await readCases(set);
  const refusal = (name: string) => Object.entries(REFUSED).find(([start]) => name.startsWith(start))?.[1];

  test('are many', () => {
    expect(cases.length).toBeGreaterThan(10);
  });

  test.each(cases.filter(({ name }) => !refusal(name)).map((own) => [own.name, own] as const))(
    '%s',
    (_, own) => {
      const session = loadOnnx(own.model);
      const results = runCase(session, own);
      for (const [i, { name }] of session.outputs.entries()) {
        const expected = own.outputs[i]!;
        expect(results[name]!.shape).toEqual(expected.shape);
        expect(errorOf(results[name]!.data, expected)).toBeLessThan(LIMITS[expected.dtype] ?? 1e-5);
      }
      // a second run finds the memory as the first one left it
      const again = runCase(session, own);
      for (const { name } of session.outputs) expect(again[name]!.data).toEqual(results[name]!.data);
      session.dispose();
    },
  );

  test.each(cases.filter(({ name }) => refusal(name)).map((own) => [own.name, own] as const))(
    '%s is refused',
    (name, own) => {
      const run = () => runCase(loadOnnx(own.model), own);
      expect(run).toThrow(FormatError);
      expect(run).toThrow(refusal(name));
    },
  );
});
