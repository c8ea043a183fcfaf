import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose, expectSame } from '../kernels/closeness.ts';
import { Draw, doubles, expectSameArray, kernelBuilds } from '../model/helpers.ts';
import { backwardStack, type CellName, runStack } from '../reference/stack.ts';

const OUTPUT = 1e-5;
const GRADIENT = 1e-4;

function make(cell: CellName, inputSize: number, hiddenSize: number, opts: u.RNNOptions) {
  const { nonlinearity, ...rest } = opts;
  if (cell === 'lstm') return new u.LSTM(inputSize, hiddenSize, rest);
  return cell === 'gru' ? new u.GRU(inputSize, hiddenSize, rest) : new u.RNN(inputSize, hiddenSize, opts);
}

/** A stack with everything drawn from the seed, and its reference. */
function drawn(cell: CellName, seed: number) {
  const draw = new Draw(seed);
  const [steps, batch] = [draw.integer(1, 9), draw.integer(1, 7)];
  const [inputSize, hiddenSize, numLayers] = [draw.integer(1, 21), draw.integer(1, 19), draw.integer(1, 3)];
  const bias = seed % 3 !== 0;
  const nonlinearity = cell === 'rnn' && seed % 2 === 0 ? 'relu' : 'tanh';
  const layer = make(cell, inputSize, hiddenSize, { numLayers, bias, seed, nonlinearity });
  const state = () => draw.features(1, numLayers, batch, hiddenSize);
  const x = draw.features(1, steps, batch, inputSize);
  const given: u.ForwardOptions =
    seed % 2 ? { h0: state(), ...(cell === 'lstm' ? { c0: state() } : {}) } : {};
  const upstream: Record<'output', u.NDArray> & { hN?: u.NDArray; cN?: u.NDArray } = {
    output: draw.features(1, steps, batch, hiddenSize),
    ...(seed % 4 < 2 ? { hN: state(), ...(cell === 'lstm' ? { cN: state() } : {}) } : {}),
  };
  const d64 = (array?: u.NDArray) => array && Float64Array.from(array.data);
  const config = { batch, inputSize, hiddenSize, numLayers, nonlinearity } as const;
  const parameters = doubles(layer.stateDict());
  const expected = runStack(
    cell,
    config,
    parameters,
    d64(x)!,
    d64(given.h0 as u.NDArray),
    d64(given.c0 as u.NDArray),
  );
  const wanted = backwardStack(
    config,
    expected.saved,
    d64(upstream.output)!,
    d64(upstream.hN),
    d64(upstream.cN),
  );
  return { layer, x, given, upstream, expected, wanted };
}

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
const cells: CellName[] = ['rnn', 'lstm', 'gru'];

for (const kernels of kernelBuilds) {
  describe(`${kernels}: stacks against the float64 reference`, () => {
    beforeAll(() => u.init({ kernels }));

    for (const cell of cells) {
      test.each(seeds)(`${cell}: outputs, states and gradients of draw %i`, (seed) => {
        const { layer, x, given, upstream, expected, wanted } = drawn(cell, seed);
        const forward = layer.forward(x, { ...given, training: true });
        expectClose(forward.output.data, expected.output, OUTPUT, 'output');
        expectClose(forward.hN.data, expected.hN, OUTPUT, 'hN');
        expect(forward.cN === undefined).toBe(cell !== 'lstm');
        if (forward.cN) expectClose(forward.cN.data, expected.cN, OUTPUT, 'cN');

        const back = layer.backward(upstream);
        expect(back.input.shape).toEqual(x.shape);
        expectClose(back.input.data, wanted.dInput, GRADIENT, 'input');
        expectClose(back.h0.data, wanted.dH0, GRADIENT, 'h0');
        expect(back.c0 === undefined).toBe(cell !== 'lstm');
        if (back.c0) expectClose(back.c0.data, wanted.dC0, GRADIENT, 'c0');
        const gradients = layer.gradients();
        expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted.gradients).sort());
        for (const [name, gradient] of Object.entries(wanted.gradients)) {
          expectClose(gradients[name]!.data, gradient, GRADIENT, name);
        }
      });

      test.each(seeds)(`${cell}: inference equals the forward of training to the bit, draw %i`, (seed) => {
        const { layer, x, given } = drawn(cell, seed);
        const inference = layer.forward(x, given);
        const training = layer.forward(x, { ...given, training: true });
        for (const name of ['output', 'hN', 'cN'] as (keyof u.ForwardResult)[]) {
          expectSameArray(inference[name], training[name], name);
        }
      });

      test(`${cell}: parameters' gradients add up over two backward passes, zeroGradients clears them`, () => {
        const { layer, x, given, upstream, wanted } = drawn(cell, 5);
        const pass = () => {
          layer.forward(x, { ...given, training: true });
          layer.backward(upstream);
        };
        pass();
        const once = layer.gradients();
        pass();
        for (const [name, { data }] of Object.entries(layer.gradients())) {
          expectClose(
            data,
            wanted.gradients[name]!.map((v) => 2 * v),
            GRADIENT,
            name,
          );
        }
        layer.zeroGradients();
        for (const [name, { data }] of Object.entries(layer.gradients())) {
          expectSame(data, new Float32Array(data.length), name);
        }
        pass();
        for (const [name, { data }] of Object.entries(layer.gradients())) {
          expectSame(data, once[name]!.data, name);
        }
      });

      test(`${cell}: an upstream gradient left out is zeros`, () => {
        const { layer, x, upstream } = drawn(cell, 8);
        const zeros = { ...upstream.output, data: new Float32Array(upstream.output.data.length) };
        layer.forward(x, { training: true });
        const without = layer.backward({ hN: upstream.hN! });
        layer.forward(x, { training: true });
        const withZeros = layer.backward({ hN: upstream.hN!, output: zeros });
        expectSameArray(without.input, withZeros.input, 'input');
        expectSameArray(without.h0, withZeros.h0, 'h0');
      });

      test(`${cell}: states of one call start the next`, () => {
        const { layer, x } = drawn(cell, 13);
        const whole = layer.forward(x);
        const [steps, batch, size] = x.shape as [number, number, number];
        const first = Math.ceil(steps / 2);
        const cut = first * batch * size;
        const head = layer.forward({ data: x.data.slice(0, cut), shape: [first, batch, size] });
        expect(first).toBeLessThan(steps);
        const tail = layer.forward(
          { data: x.data.slice(cut), shape: [steps - first, batch, size] },
          { h0: head.hN, ...(head.cN ? { c0: head.cN } : {}) },
        );
        expectSame([...head.output.data, ...tail.output.data], whole.output.data, 'outputs of both parts');
        expectSameArray(tail.hN, whole.hN, 'hN');
      });
    }
  });
}
