import { describe, expect, test } from 'vitest';
import { toModel } from '../../src/onnxModel/index.ts';
import { errorOf, readCases, runCase } from './cases.ts';
import { expectFused, forms, plannedOps } from './loopModels.ts';
import { sessionOf } from './sessionOf.ts';
import { testCases } from './testCases.ts';

// what Keras and tf2onnx write, pass by pass
await testCases('loops');

const written = await readCases('loops');

describe('a loop that is a recurrent layer runs as one', () => {
  test.each(forms(1))('%s', (_, how) => expectFused(how));

  test.each(written.map((own) => [own.name, own] as const))('%s', (_, own) => {
    const { model, inputs, outputs } = own;
    const session = sessionOf(model);
    const ops = plannedOps(session, inputs[0]!.shape);
    expect(ops.some((op) => ['LSTM', 'GRU', 'RNN'].includes(op))).toBe(true);
    expect(ops).not.toContain('Sigmoid');
    const results = runCase(session, own);
    for (const [i, { name }] of session.outputs.entries())
      expect(errorOf(results[name]!.data, outputs[i]!)).toBeLessThan(1e-5);
    session.dispose();
  });

  test.each(written.filter(({ name }) => name.startsWith('model')).map((own) => [own.name, own] as const))(
    '%s: toModel makes layers of it',
    (_, { model, inputs: [x], outputs: [expected] }) => {
      const session = sessionOf(model);
      const made = toModel(session, { seed: 1 });
      const [B, T, I] = x!.shape as [number, number, number];
      const rows = x!.data as Float32Array;
      // time-major
      const data = Float32Array.from({ length: B * T * I }, (_, i) => {
        const [t, b] = [Math.floor(i / (B * I)), Math.floor(i / I) % B];
        return rows[(b * T + t) * I + (i % I)]!;
      });
      const { name } = session.inputs[0]!;
      const results = made.forward({ [name]: { data, shape: [T, B, I] } });
      const [{ data: got, shape }] = Object.values(results) as [{ data: Float32Array; shape: number[] }];
      const wanted = expected!.data as Float32Array;
      const O = shape.at(-1)!;
      for (const [i, v] of got.entries()) {
        const [t, b] = [Math.floor(i / (B * O)), Math.floor(i / O) % B];
        const at = shape.length === 3 ? (b * T + t) * O + (i % O) : i;
        expect(Math.abs(v - wanted[at]!)).toBeLessThan(1e-5);
      }
      session.dispose();
      made.dispose();
    },
  );
});
