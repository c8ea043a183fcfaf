/// <reference types="vite/client" />
import { describe, expect, test } from 'vitest';
import { verify } from '../../src/cli/verify/verify.ts';
import { FormatError, init } from '../../src/index.ts';
import { readFixture } from '../fixtures/read.ts';
import { kernelBuilds, thrown } from './helpers.ts';

const files = Object.keys(import.meta.glob('../fixtures/*.safetensors')).map((path) =>
  path.replace(/^.*\/|\.safetensors$/g, ''),
);

const cases = ['plain', 'state', 'tail17', 'one', 'nobias', 'stack3', 'long', 'saturated', 'vanishing'];
const layers = ['rnn', 'lstm', 'gru'].flatMap((cell) => cases.map((name) => `${cell}-${name}`));
const training = [
  'train-gru-adagrad-stack2',
  'train-gru-adamw-clip',
  'train-lstm-adam',
  'train-lstm-rmsprop-carry',
  'train-rnn-sgd-nesterov',
];
const known = [...layers, 'rnn-relu', ...training];

/** Option that a case of this name has and no layer here knows; the first that is refused. */
const unknown: [pattern: RegExp, option: string][] = [
  [/-bi\b/, 'bidirectional'],
  [/^(mingru|indrnn)/, 'cell'],
  [/-proj/, 'projSize'],
  [/-peephole/, 'peephole'],
  [/-clip/, 'clip'],
  [/-coupled/, 'coupled'],
  [/-layernorm/, 'layerNorm'],
  [/-hardsigmoid/, 'recurrentActivation'],
  [/-relu-softsign/, 'activation'],
  [/-reset-before/, 'resetAfter'],
  [/-lengths/, 'lengths'],
];

describe('conformance with PyTorch', () => {
  for (const kernels of kernelBuilds) {
    test.each(known)(`${kernels}: %s`, async (name) => {
      const runtime = await init({ kernels });
      expect(runtime.kernels).toBe(kernels);
      const { ok, errors } = verify(await readFixture(name));
      expect(ok, JSON.stringify(errors)).toBe(true);
    });
  }

  test.each(files.filter((name) => !known.includes(name)))(
    '%s: the option is refused by name',
    async (name) => {
      await init();
      const options = unknown.filter(([pattern]) => pattern.test(name)).map(([, option]) => option);
      expect(options).not.toEqual([]);
      const bytes = await readFixture(name);
      const error = thrown(() => verify(bytes));
      expect(error).toBeInstanceOf(FormatError);
      const message = (error as Error).message;
      expect(
        options.some((option) => new RegExp(`option ${option}\\b`).test(message)),
        message,
      ).toBe(true);
    },
  );

  test('every fixture is either run or refused', () => {
    expect(known.filter((name) => !files.includes(name))).toEqual([]);
    expect(files.length).toBeGreaterThan(known.length);
  });

  test('a wrong expectation is noticed', async () => {
    await init();
    const bytes = (await readFixture('lstm-plain')).slice();
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    for (const name of ['expect.output', 'grad.weight_hh_l0']) {
      const changed = bytes.slice();
      const at = 8 + length + header[name].data_offsets[0];
      const view = new DataView(changed.buffer);
      view.setFloat64(at, view.getFloat64(at, true) + 1e-2, true);
      expect(verify(changed).ok, name).toBe(false);
    }
  });
});
