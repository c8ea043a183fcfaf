import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, expectSameArray, expectSameDict, kernelBuilds } from '../model/helpers.ts';

const [B, I, H] = [3, 5, 9];

const pairs = [
  ['RNNCell', () => new u.RNNCell(I, H, { seed: 4 }), () => new u.RNN(I, H, { seed: 4 })],
  [
    'RNNCell with relu, no bias',
    () => new u.RNNCell(I, H, { seed: 4, nonlinearity: 'relu', bias: false }),
    () => new u.RNN(I, H, { seed: 4, nonlinearity: 'relu', bias: false }),
  ],
  ['LSTMCell', () => new u.LSTMCell(I, H, { seed: 4 }), () => new u.LSTM(I, H, { seed: 4 })],
  ['GRUCell', () => new u.GRUCell(I, H, { seed: 4 }), () => new u.GRU(I, H, { seed: 4 })],
] as const;

const one = ({ data, shape }: u.NDArray) => ({ data, shape: [1, ...shape] });
const stripped = (dict: Record<string, u.NDArray>) =>
  Object.fromEntries(Object.entries(dict).map(([name, value]) => [name.replace('_l0', ''), value]));

for (const kernels of kernelBuilds) {
  describe.each(pairs)(
    `${kernels}: %s is its layer with one step, to the bit`,
    (name, makeCell, makeLayer) => {
      const isLstm = name === 'LSTMCell';
      const draw = new Draw(3);
      const x = draw.features(1, B, I);
      const [h0, c0] = [draw.features(1, B, H), draw.features(1, B, H)];
      const [dh, dc] = [draw.features(1, B, H), draw.features(1, B, H)];

      beforeAll(() => u.init({ kernels }));

      test('parameters', () => {
        using cell = makeCell();
        expectSameDict(cell.stateDict(), stripped(makeLayer().stateDict()));
      });

      test('forward and backward of a batch', () => {
        using cell = makeCell();
        using layer = makeLayer();
        const states = { h0, ...(isLstm ? { c0 } : {}) };
        const layerStates = { h0: one(h0), ...(isLstm ? { c0: one(c0) } : {}) };
        const expected = layer.forward(one(x), { ...layerStates, training: true });
        for (const training of [false, true]) {
          const { h, c } = cell.forward(x, { ...states, training }) as { h: u.NDArray; c?: u.NDArray };
          expectSameArray(one(h), expected.hN, 'h');
          expectSameArray(c && one(c), expected.cN, 'c');
          expectSame(h.data, expected.output.data, 'output');
        }
        const back = cell.backward({ h: dh, ...(isLstm ? { c: dc } : {}) });
        const wanted = layer.backward({ hN: one(dh), ...(isLstm ? { cN: one(dc) } : {}) });
        expectSameArray(one(back.input), wanted.input, 'input');
        expectSameArray(one(back.h0), wanted.h0, 'h0');
        expect('c0' in back).toBe(isLstm);
        if ('c0' in back) expectSameArray(one(back.c0 as u.NDArray), wanted.c0, 'c0');
        expectSameDict(cell.gradients(), stripped(layer.gradients()));
        cell.zeroGradients();
        for (const { data } of Object.values(cell.gradients()))
          expectSame(
            data,
            data.map(() => 0),
            'zeros',
          );
      });

      test('a row without a batch', () => {
        using cell = makeCell();
        const row = <S extends number[]>({ data }: u.NDArray, ...shape: S) => ({
          data: data.slice(0, shape[0]),
          shape,
        });
        const states = { h0: row(h0, H), ...(isLstm ? { c0: row(c0, H) } : {}) };
        const { h } = cell.forward(row(x, I), { ...states, training: true });
        expect(h.shape).toEqual([H]);
        const back = cell.backward({ h: row(dh, H) });
        expect([back.input.shape, back.h0.shape]).toEqual([[I], [H]]);
        const { h: bare } = cell.forward(row(x, I).data, states);
        expectSameArray(bare, h, 'a bare array');
        const batch = cell.forward(x, { h0, ...(isLstm ? { c0 } : {}) });
        expectSame(batch.h.data.subarray(0, H), h.data, 'as in the batch');
      });

      test('steps one after the other are the layer over them', () => {
        using cell = makeCell();
        using layer = makeLayer();
        const T = 4;
        const xs = new Draw(8).features(1, T, B, I);
        const { output } = layer.forward(xs);
        let states: object = {};
        for (let t = 0; t < T; t++) {
          const part = { data: xs.data.subarray(t * B * I, (t + 1) * B * I), shape: [B, I] };
          const { h, c } = cell.forward(part, states) as { h: u.NDArray; c?: u.NDArray };
          expectSame(h.data, output.data.subarray(t * B * H, (t + 1) * B * H), `step ${t}`);
          states = { h0: h, ...(c ? { c0: c } : {}) };
        }
      });
    },
  );
}

describe('cells', () => {
  beforeAll(() => u.init());

  test('loadStateDict takes the names of torch.nn, and no others', () => {
    using from = new u.LSTMCell(I, H, { seed: 1 });
    using to = new u.LSTMCell(I, H, { seed: 2 });
    to.loadStateDict(from.stateDict());
    expectSameDict(to.stateDict(), from.stateDict());
    const { bias_hh: _, ...rest } = from.stateDict();
    expectThrows(() => to.loadStateDict(rest), ['state dict', 'weight_ih', 'bias_hh']);
    expectThrows(
      () => to.loadStateDict({ ...from.stateDict(), weight_ih: [1] }),
      ['weight_ih', '180', '[36, 5]', '1'],
      u.ShapeError,
    );
  });

  test('what is refused', () => {
    using cell = new u.GRUCell(I, H);
    const x = new Float32Array(I);
    const upstream: u.CellUpstream = { h: new Float32Array(H) };
    const first = /^backward: .*forward/;
    expectThrows(() => new u.RNNCell(I, H, { numLayers: 2 } as object), ['RNNCell: numLayers']);
    expect(() => cell.backward(upstream)).toThrow(first);
    expectThrows(
      () => cell.forward({ data: new Float32Array(8), shape: [2, 4] }),
      ['x', '[batch, 5]', '[5]', '[2, 4]'],
      u.ShapeError,
    );
    expectThrows(() => cell.forward({ data: [], shape: [0, 5] }), ['x', '[batch, 5]'], u.ShapeError);
    expectThrows(() => cell.forward([1, 2]), ['x', '5', '[5]', '2'], u.ShapeError);
    expectThrows(() => cell.forward(null as never), ['x', 'null']);
    expectThrows(() => cell.forward(x, { h0: [1] }), ['h0', '9', '[9]', '1'], u.ShapeError);
    expectThrows(() => cell.forward(x, { c0: new Float32Array(H) }), ['forward: c0']);
    cell.forward(x);
    expect(() => cell.backward(upstream)).toThrow(first);
    cell.forward(x, { training: true });
    expectThrows(() => cell.backward({ c: new Float32Array(H) }), ['backward: c']);
    expectThrows(() => cell.backward({ h: [1] }), ['h', '9', '[9]', '1'], u.ShapeError);
    cell.backward(upstream);
    expect(() => cell.backward(upstream)).toThrow(first);
  });

  test('irnn: the RNN of Le et al. keeps a state that is positive', () => {
    using layer = new u.RNN(2, 4, { ...u.irnn(), numLayers: 2 });
    const { weight_ih_l0, weight_hh_l0, bias_ih_l1, bias_hh_l1 } = layer.stateDict();
    expect([...weight_hh_l0!.data]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    expect([...bias_ih_l1!.data, ...bias_hh_l1!.data]).toEqual(Array(8).fill(0));
    expect(Math.max(...weight_ih_l0!.data.map(Math.abs))).toBeLessThan(0.006);
    expect(Math.max(...weight_ih_l0!.data.map(Math.abs))).toBeGreaterThan(0);
    using single = new u.RNN(2, 4, u.irnn());
    const h0 = { data: [1, 2, 3, 4], shape: [1, 1, 4] };
    const { hN } = single.forward(new Float32Array(2 * 50), { h0 });
    expect([...hN.data]).toEqual([1, 2, 3, 4]);
    using scaled = new u.RNN(2, 4, u.irnn(0.5));
    expect(scaled.stateDict().weight_hh_l0!.data[5]).toBe(0.5);
  });
});
