import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../src/tfjs/index.ts';
import { some } from '../thorough.ts';
import { type Any, distance, installed, kernelRuns, stack, tensor, train, withZeros } from './models.ts';

const { layers } = tf;
const SHAPE = [5, 6, 3] as const;
const inputShape = [6, 3];

interface Case {
  readonly make: () => Any;
  /** Runs of our kernel for a prediction. */
  readonly runs: number;
  readonly x?: () => Any;
}

/** Masks that differ from step to step, so that one taken for another shows. */
function halves() {
  let calls = 0;
  return (ones: Any, rate: number) => {
    calls++;
    const keep = Array.from(ones.dataSync(), (_, i) =>
      (i * 7 + calls * 3) % 10 < 10 * rate ? 0 : 1 / (1 - rate),
    );
    return tf.tensor(keep, ones.shape);
  };
}

const kinds = ['lstm', 'gru', 'simpleRNN'] as const;
const activations = [
  ...['elu', 'gelu', 'gelu_new', 'hardSigmoid', 'linear', 'mish', 'relu', 'relu6', 'selu'],
  ...['sigmoid', 'softplus', 'softsign', 'swish', 'tanh'],
];

const cases: Record<string, Case> = {
  ...Object.fromEntries(
    kinds.flatMap((kind): [string, Case][] => {
      const layer = (options: object) => layers[kind]({ units: 4, ...options });
      const first = (options: object) => layer({ inputShape, ...options });
      const one = (options: object) => () => stack([first(options)]);
      return [
        [kind, { make: one({}), runs: 1 }],
        [`${kind} of one unit`, { make: one({ units: 1 }), runs: 1 }],
        [`${kind} stacked`, { make: () => stack([first({ returnSequences: true }), layer({})]), runs: 2 }],
        [`${kind} without bias`, { make: one({ useBias: false }), runs: 1 }],
        [`${kind} goBackwards`, { make: one({ goBackwards: true }), runs: 1 }],
        [
          `${kind} frozen`,
          { make: () => stack([first({ returnSequences: true }), layer({ trainable: false })]), runs: 2 },
        ],
        [
          `${kind} masked`,
          {
            make: () =>
              stack([
                layers.masking({ inputShape }),
                layer({ returnSequences: true }),
                layer({ goBackwards: true }),
              ]),
            runs: 2,
            x: () => withZeros(SHAPE, 5),
          },
        ],
        [
          `${kind} dropout`,
          {
            make: () => stack([first({ dropout: 0.4, recurrentDropout: 0.3, dropoutFunc: halves() })]),
            runs: 1,
          },
        ],
        [
          `${kind} recurrentDropout, masked`,
          {
            make: () =>
              stack([
                layers.masking({ inputShape }),
                layer({ dropout: 0.2, recurrentDropout: 0.5, dropoutFunc: halves(), goBackwards: true }),
              ]),
            runs: 1,
            x: () => withZeros(SHAPE, 6),
          },
        ],
        [
          `${kind} bidirectional`,
          {
            make: () =>
              stack([
                layers.bidirectional({ layer: layer({ returnSequences: true }), inputShape }),
                layers.bidirectional({ layer: layer({}), mergeMode: 'ave' }),
              ]),
            runs: 4,
          },
        ],
        [
          `${kind} stateful`,
          { make: () => stack([layer({ stateful: true, batchInputShape: SHAPE })]), runs: 1 },
        ],
        [
          `${kind} regularized and constrained`,
          {
            make: one({
              kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
              recurrentConstraint: tf.constraints.maxNorm({ maxValue: 0.5 }),
            }),
            runs: 1,
          },
        ],
      ];
    }),
  ),
  'cells in rnn': {
    make: () =>
      stack([
        layers.rnn({ cell: layers.lstmCell({ units: 4 }), returnSequences: true, inputShape }),
        layers.flatten(),
      ]),
    runs: 1,
  },
  'stacked cells, masked': {
    make: () =>
      stack([
        layers.masking({ inputShape }),
        layers.rnn({
          cell: [
            layers.lstmCell({ units: 4 }),
            layers.gruCell({ units: 5 }),
            layers.simpleRNNCell({ units: 2 }),
          ],
          goBackwards: true,
        }),
      ]),
    runs: 3,
    x: () => withZeros(SHAPE, 7),
  },
  'stacked cells, stateful': {
    make: () =>
      stack([
        layers.rnn({
          cell: [layers.gruCell({ units: 4 }), layers.lstmCell({ units: 3 })],
          stateful: true,
          returnSequences: true,
          batchInputShape: SHAPE,
        }),
        layers.flatten(),
      ]),
    runs: 2,
  },
  ...Object.fromEntries(
    activations.map((activation): [string, Case] => [
      `activation ${activation}`,
      {
        make: () =>
          stack([
            layers.lstm({ units: 3, activation, returnSequences: true, inputShape }),
            layers.gru({ units: 4, recurrentActivation: activation, returnSequences: true }),
            layers.simpleRNN({ units: 2, activation }),
          ]),
        runs: 3,
      },
    ]),
  ),
  'initial state, states as outputs': {
    make: () => {
      const source = tf.input({ shape: inputShape });
      const [, h, c] = layers.lstm({ units: 4, returnState: true }).apply(source);
      const y = layers.lstm({ units: 4, returnSequences: true }).apply(source, { initialState: [h, c] });
      const out = layers.dense({ units: 2 }).apply(layers.flatten().apply(y));
      return tf.model({ inputs: source, outputs: out });
    },
    // TF.js calls a layer once per output that is used
    runs: 3,
  },
  'one layer called twice': {
    make: () => {
      const source = tf.input({ shape: inputShape });
      const shared = layers.gru({ units: 3, returnSequences: true });
      const out = layers
        .dense({ units: 2 })
        .apply(layers.flatten().apply(shared.apply(shared.apply(source))));
      return tf.model({ inputs: source, outputs: out });
    },
    runs: 2,
  },
  'a batch of one, one step, one feature': {
    make: () => stack([layers.lstm({ units: 3, inputShape: [1, 1] })]),
    runs: 1,
    x: () => tensor([1, 1, 1], 3),
  },
  'a batch of one, many steps': {
    make: () =>
      stack([
        layers.gru({ units: 5, returnSequences: true, inputShape: [20, 2] }),
        layers.lstm({ units: 9 }),
      ]),
    runs: 2,
    x: () => tensor([1, 20, 2], 3),
  },
  'beyond the blocks of the products': {
    make: () =>
      stack([
        layers.lstm({ units: 20, returnSequences: true, inputShape: [3, 300] }),
        layers.gru({ units: 9 }),
      ]),
    runs: 2,
    x: () => tensor([5, 3, 300], 3, 0.1),
  },
};

describe('trains as TF.js does', () => {
  beforeAll(() => tf.setBackend('cpu'));

  test.each(some(Object.keys(cases), 9))('%s', async (name) => {
    const { make, runs, x: makeX = () => tensor(SHAPE, 3) } = cases[name]!;
    const x = makeX();
    const y = tensor([x.shape[0], 2], 4);
    const steps = (kinds as readonly string[]).includes(name) ? 50 : 8;
    const plain = await train(make, x, y, steps);
    const { fused, count, fusedLayers } = await installed(async () => {
      const model = make();
      return {
        fused: await train(make, x, y, steps),
        count: await kernelRuns(() => model.predict(x)),
        fusedLayers: explain(model).filter((row) => row.fused).length,
      };
    });
    expect(count).toBe(runs);
    expect(fusedLayers).toBeGreaterThan(0);
    expect(distance(plain, fused)).toBeLessThan(1e-4);
    expect(plain.losses.at(-1)).not.toBe(plain.losses[0]);
    tf.dispose([x, y]);
  });
});
