import { expect, test } from 'vitest';
import { type ConfigurableOptions, runConfigurable } from './configurable.ts';
import { configurableCase } from './configurableCase.ts';
import type { ConfigurableCell } from './parameters.ts';
import type { Tensors } from './stack.ts';

interface State {
  h: number;
  c: number;
}

/** A step of one unit written out: x has `inputSize` elements, `w(name)` a parameter's. */
type Scalar = (w: (name: string) => Float64Array, x: Float64Array, state: State) => State;

const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
const hard = (a: number) => Math.min(1, Math.max(0, a / 6 + 0.5));
const clamp = (a: number) => Math.min(0.4, Math.max(-0.4, a));
const sixth = { name: 'hardsigmoid', alpha: 1 / 6 } as const;

/** Gate j's pre-activation without what its cell adds on the way. */
const both: (w: Parameters<Scalar>[0], x: number, h: number, j: number) => number = (w, x, h, j) =>
  w('weight_ih')[j]! * x + w('bias_ih')[j]! + w('weight_hh')[j]! * h + w('bias_hh')[j]!;

const cases: [
  string,
  Partial<ConfigurableCell> & Pick<ConfigurableCell, 'cell'>,
  ConfigurableOptions,
  Scalar,
][] = [
  [
    'rnn, clip',
    { cell: 'rnn', clip: 0.4 },
    {},
    (w, [x], { h, c }) => ({ h: Math.tanh(clamp(both(w, x!, h, 0))), c }),
  ],
  [
    'rnn, both dropouts, zoneout',
    { cell: 'rnn', nonlinearity: { name: 'scaledtanh', alpha: 1.7, beta: 0.6 } },
    {
      inputDropout: [Float64Array.of(1.25)],
      recurrentDropout: [Float64Array.of(1.5)],
      zoneout: { h: [Float64Array.of(0.3, 0.3, 0.3, 0.3, 0.3)] },
    },
    (w, [x], { h, c }) => ({
      h: 0.3 * h + 0.7 * 1.7 * Math.tanh(0.6 * both(w, x! * 1.25, h * 1.5, 0)),
      c,
    }),
  ],
  [
    'gru, clip',
    { cell: 'gru', clip: 0.4 },
    {},
    (w, [x], { h, c }) => {
      const r = sigmoid(clamp(both(w, x!, h, 0)));
      const z = sigmoid(clamp(both(w, x!, h, 1)));
      const q = w('weight_hh')[2]! * h + w('bias_hh')[2]!;
      const n = Math.tanh(clamp(w('weight_ih')[2]! * x! + w('bias_ih')[2]! + r * q));
      return { h: z * h + (1 - z) * n, c };
    },
  ],
  [
    'gru, reset before, clip, recurrent dropout, an activation a gate, zoneout',
    {
      cell: 'gru',
      resetAfter: false,
      clip: 0.4,
      activations: { r: sixth, z: 'sigmoid', n: { name: 'elu', alpha: 0.5 } },
    },
    { recurrentDropout: [Float64Array.of(1.5)], zoneout: { h: 0.2 } },
    (w, [x], { h, c }) => {
      const seen = h * 1.5;
      const r = hard(clamp(both(w, x!, seen, 0)));
      const z = sigmoid(clamp(both(w, x!, seen, 1)));
      const a = clamp(both(w, x!, r * seen, 2));
      const n = a > 0 ? a : 0.5 * (Math.exp(a) - 1);
      return { h: 0.2 * h + 0.8 * (z * h + (1 - z) * n), c };
    },
  ],
  [
    'lstm, an activation a gate, zoneout of h and c',
    {
      cell: 'lstm',
      activations: {
        i: sixth,
        f: 'softplus',
        g: { name: 'leakyrelu', alpha: 0.1 },
        o: 'softsign',
        h: { name: 'affine', alpha: 2, beta: 0.5 },
      },
    },
    { zoneout: { h: 0.3, c: 0.1 }, recurrentDropout: [Float64Array.of(0.5)] },
    (w, [x], { h, c }) => {
      const a = [0, 1, 2, 3].map((j) => both(w, x!, h * 0.5, j));
      const g = a[2]! > 0 ? a[2]! : 0.1 * a[2]!;
      const cell = Math.log(1 + Math.exp(a[1]!)) * c + hard(a[0]!) * g;
      const out = (a[3]! / (1 + Math.abs(a[3]!))) * (2 * cell + 0.5);
      return { h: 0.3 * h + 0.7 * out, c: 0.1 * c + 0.9 * cell };
    },
  ],
  [
    'lstm, coupled, peephole, clip',
    { cell: 'lstm', coupled: true, peephole: true, clip: 0.4 },
    {},
    (w, [x], { h, c }) => {
      const i = sigmoid(clamp(both(w, x!, h, 0) + w('weight_ci')[0]! * c));
      const cell = (1 - i) * c + i * Math.tanh(clamp(both(w, x!, h, 2)));
      const o = sigmoid(clamp(both(w, x!, h, 3) + w('weight_co')[0]! * cell));
      return { h: o * Math.tanh(cell), c: cell };
    },
  ],
  [
    'indrnn, clip, recurrent dropout',
    { cell: 'indrnn', nonlinearity: 'tanh', clip: 0.4 },
    { recurrentDropout: [Float64Array.of(1.5)] },
    (w, [x], { h, c }) => ({
      h: Math.tanh(clamp(w('weight_ih')[0]! * x! + w('bias_ih')[0]! + w('weight_hh')[0]! * h * 1.5)),
      c,
    }),
  ],
  [
    'mingru, zoneout, input dropout',
    { cell: 'mingru' },
    { zoneout: { h: 0.3 }, inputDropout: [Float64Array.of(2)] },
    (w, [x], { h, c }) => {
      const [az, an] = [0, 1].map((j) => w('weight_ih')[j]! * 2 * x! + w('bias_ih')[j]!);
      return { h: 0.3 * h + 0.7 * ((1 - sigmoid(az!)) * h + sigmoid(az!) * an!), c };
    },
  ],
  [
    'minlstm',
    { cell: 'minlstm' },
    {},
    (w, [x], { h, c }) => {
      const a = [0, 1, 2].map((j) => w('weight_ih')[j]! * x! + w('bias_ih')[j]!);
      const [f, i] = [sigmoid(a[0]!), sigmoid(a[1]!)];
      return { h: (f * h + i * a[2]!) / (f + i), c };
    },
  ],
  [
    'sru, as wide as its input',
    { cell: 'sru' },
    {},
    (w, [x], { c }) => {
      const f = sigmoid(w('weight_ih')[1]! * x! + w('weight_c')[0]! * c + w('bias_ih')[0]!);
      const r = sigmoid(w('weight_ih')[2]! * x! + w('weight_c')[1]! * c + w('bias_ih')[1]!);
      const cell = f * c + (1 - f) * w('weight_ih')[0]! * x!;
      return { h: r * cell + (1 - r) * x!, c: cell };
    },
  ],
  [
    'sru, projected highway, input dropout',
    { cell: 'sru', inputSize: 2 },
    { inputDropout: [Float64Array.of(0.5, 2)] },
    (w, [x, y], { c }) => {
      const a = [0, 2, 4, 6].map((j) => w('weight_ih')[j]! * 0.5 * x! + w('weight_ih')[j + 1]! * 2 * y!);
      const f = sigmoid(a[1]! + w('weight_c')[0]! * c + w('bias_ih')[0]!);
      const r = sigmoid(a[2]! + w('weight_c')[1]! * c + w('bias_ih')[1]!);
      const cell = f * c + (1 - f) * a[0]!;
      return { h: r * cell + (1 - r) * a[3]!, c: cell };
    },
  ],
];

test.each(cases)('one unit: %s', (_, some, options, step) => {
  const config: ConfigurableCell = { batch: 1, inputSize: 1, hiddenSize: 1, ...some };
  const T = 5;
  const { params, input, h0, c0 } = configurableCase(config, T, 11);
  const { output, hN, cN } = runConfigurable(config, params, input, { h0, c0, ...options });
  const w = (name: string) => (params as Tensors)[`${name}_l0`]!;
  let state: State = { h: h0?.[0] ?? 0, c: c0?.[0] ?? 0 };
  for (let t = 0; t < T; t++) {
    state = step(w, input.slice(t * config.inputSize, (t + 1) * config.inputSize), state);
    expect(output[t], `step ${t}`).toBeCloseTo(state.h, 14);
  }
  if (h0) expect(hN[0]).toBeCloseTo(state.h, 14);
  if (c0) expect(cN[0]).toBeCloseTo(state.c, 14);
});

test('an option that the cell has not is an error', () => {
  const base = { batch: 1, inputSize: 1, hiddenSize: 1 };
  const run = (config: Partial<ConfigurableCell>, options: ConfigurableOptions = {}) => {
    const full = { ...base, cell: 'rnn', ...config } as ConfigurableCell;
    return () => runConfigurable(full, configurableCase(full, 2, 1).params, new Float64Array(2), options);
  };
  expect(run({ peephole: true })).toThrow('rnn has no peephole');
  expect(run({ cell: 'mingru', clip: 1 })).toThrow('mingru has no clip');
  expect(run({ cell: 'gru', layerNorm: true, resetAfter: false })).toThrow('resetAfter');
  expect(run({ cell: 'sru' }, { zoneout: { h: 0.5 } })).toThrow('zoneout');
  expect(run({ cell: 'gru' }, { zoneout: { c: 0.5 } })).toThrow('zoneout');
  expect(run({ cell: 'mingru' }, { recurrentDropout: [] })).toThrow('recurrentDropout');
});
