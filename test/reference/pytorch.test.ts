import { describe, expect, test } from 'vitest';
import type { OptimizerName } from '../../src/optim/table.ts';
import { gather, scatterAdd } from './embedding.ts';
import { type Fixture, group, loadFixture, values } from './fixture.ts';
import { relativeError } from './gradcheck.ts';
import * as linear from './linear.ts';
import { crossEntropy } from './losses.ts';
import { clipGradNorm, referenceOf } from './optimizers.ts';
import { backwardStack, type CellName, runStack, type Tensors } from './stack.ts';

function layer({ config }: Fixture): CellName {
  if (config.cell !== 'rnn' && config.cell !== 'lstm' && config.cell !== 'gru') throw new Error(config.cell);
  return config.cell;
}

const cases = ['plain', 'state', 'tail17', 'one', 'nobias', 'stack3', 'long', 'saturated', 'vanishing'];
const layers = ['rnn', 'lstm', 'gru'].flatMap((cell) => cases.map((name) => `${cell}-${name}`));

describe('layers against PyTorch', () => {
  test.each([...layers, 'rnn-relu'])('%s', async (name) => {
    const fixture = await loadFixture(name);
    const { config, tensors } = fixture;
    const { output, hN, cN, saved } = runStack(
      layer(fixture),
      config,
      group(fixture, 'param.'),
      values(fixture, 'input'),
      tensors.h_0?.values,
      tensors.c_0?.values,
    );
    const expected = group(fixture, 'expect.');
    const got: Tensors = { output, h_n: hN };
    if (config.cell === 'lstm') got.c_n = cN;
    expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected)) {
      expect(relativeError(got[key]!, value, 1), key).toBeLessThan(1e-12);
    }

    const upstream = group(fixture, 'grad_out.');
    const back = backwardStack(config, saved, upstream.output!, upstream.h_n, upstream.c_n);
    const gradients: Tensors = { ...back.gradients, input: back.dInput, h_0: back.dH0 };
    if (config.cell === 'lstm') gradients.c_0 = back.dC0;
    // 1 − h² of a saturated h keeps few digits: an ulp of tanh shows in gradients far under the largest.
    const floor = name.endsWith('saturated') ? 1e-5 : 1e-12;
    const wanted = group(fixture, 'grad.');
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted).sort());
    for (const [key, value] of Object.entries(wanted)) {
      expect(relativeError(gradients[key]!, value, floor), key).toBeLessThan(1e-10);
      const largest = Math.max(...value.map(Math.abs));
      expect(relativeError(gradients[key]!, value, largest), key).toBeLessThan(1e-13);
    }
  });
});

describe('training against PyTorch', () => {
  test.each([
    'train-lstm-adam',
    'train-gru-adamw-clip',
    'train-rnn-sgd-nesterov',
    'train-lstm-rmsprop-carry',
    'train-gru-adagrad-stack2',
  ])('%s', async (name) => {
    const fixture = await loadFixture(name);
    const { steps, batch, vocab, embed, hiddenSize, numLayers, updates, clipNorm, carryState } =
      fixture.config;
    const stack = { batch, inputSize: embed, hiddenSize, numLayers };
    const params = group(fixture, 'param.');
    const recurrent = group(fixture, 'param.recurrent.');
    for (const key of Object.keys(recurrent)) recurrent[key] = params[`recurrent.${key}`]!;
    const embedding = params['embedding.weight']!;
    const head: linear.LinearParams = {
      inputSize: hiddenSize,
      outputSize: vocab,
      weight: params['linear.weight']!,
      bias: params['linear.bias'],
    };
    const { name: optimizerName, ...options } = fixture.config.optimizer;
    const optimizer = referenceOf(optimizerName as OptimizerName, options);
    const ids = Int32Array.from(values(fixture, 'x'));
    const targets = Int32Array.from(values(fixture, 'y'));
    const losses: number[] = [];
    const norms: number[] = [];
    let state: { hN?: Float64Array; cN?: Float64Array } = {};
    for (let s = 0; s < updates; s++) {
      const x = ids.slice(s * steps * batch, (s + 1) * steps * batch);
      const y = targets.slice(s * steps * batch, (s + 1) * steps * batch);
      const input = gather(embedding, x, embed);
      const run = runStack(layer(fixture), stack, recurrent, input, state.hN, state.cN);
      if (carryState) state = run;
      const { value, grad } = crossEntropy(linear.forward(head, run.output), y);
      const { dX, dWeight, dBias } = linear.backward(head, run.output, grad);
      const { dInput, gradients } = backwardStack(stack, run.saved, dX);
      const grads: Tensors = {
        'embedding.weight': scatterAdd(dInput, x, vocab, embed),
        'linear.weight': dWeight,
        'linear.bias': dBias,
      };
      for (const [key, g] of Object.entries(gradients)) grads[`recurrent.${key}`] = g;
      losses.push(value);
      norms.push(clipGradNorm(grads, clipNorm ?? Number.POSITIVE_INFINITY));
      optimizer.step(params, grads);
    }
    expect(relativeError(losses, values(fixture, 'expect.losses'), 1e-3)).toBeLessThan(1e-9);
    expect(relativeError(norms, values(fixture, 'expect.gradNorms'), 1e-3)).toBeLessThan(1e-9);
    const expected = group(fixture, 'expect.param.');
    expect(Object.keys(params).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected)) {
      expect(relativeError(params[key]!, value, 1e-3), key).toBeLessThan(1e-9);
    }
  });
});
