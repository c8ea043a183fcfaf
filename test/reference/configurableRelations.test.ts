import { describe, expect, test } from 'vitest';
import { runConfigurable } from './configurable.ts';
import { configurableCase, masks } from './configurableCase.ts';
import { relativeError } from './gradcheck.ts';
import * as gru from './gru.ts';
import type { LayerParams } from './layer.ts';
import * as lstm from './lstm.ts';
import { type Cell, type ConfigurableCell, parameterShapes } from './parameters.ts';
import * as rnn from './rnn.ts';
import * as scan from './scan.ts';
import type { Tensors } from './stack.ts';

const base = { batch: 3, inputSize: 3, hiddenSize: 4 };
const [T, B, H] = [5, 3, 4];

/** Elements [t, b, :] of a [T, B, n]. */
function at(a: Float64Array, t: number, b: number, n: number): number[] {
  return [...a.subarray((t * B + b) * n, (t * B + b + 1) * n)];
}

test.each<Cell>(['rnn', 'lstm', 'gru', 'mingru', 'minlstm', 'indrnn', 'sru'])(
  '%s: a row of a batch with lengths gives what it gives alone, whatever lies behind its end',
  (cell) => {
    const config: ConfigurableCell = { ...base, cell, numLayers: 2, bidirectional: true };
    const lengths = [2, 5, 1];
    const { params, input, h0, c0, up, next } = configurableCase(config, T, 21);
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        if (t >= lengths[b]!) input.fill(Number.NaN, (t * B + b) * 3, (t * B + b + 1) * 3);
      }
    }
    const zoned = cell !== 'sru' && { zoneout: { h: masks(next, 4, T * B * H, 1) } };
    const together = runConfigurable(config, params, input, { h0, c0, lengths, ...zoned });
    const gradients = together.backward(up);
    const sums: Tensors = {};
    for (const [b, length] of lengths.entries()) {
      const row = (a: Float64Array, n: number, count: number) =>
        Float64Array.from(Array.from({ length: count }, (_, t) => at(a, t, b, n)).flat());
      const own = {
        h0: h0 && row(h0, H, 4),
        c0: c0 && row(c0, H, 4),
        ...(zoned && { zoneout: { h: zoned.zoneout.h.map((m) => row(m, H, length)) } }),
      };
      const alone = runConfigurable({ ...config, batch: 1 }, params, row(input, 3, length), own);
      expect(row(together.output, 2 * H, length)).toEqual(alone.output);
      expect(
        row(together.output, 2 * H, T)
          .subarray(length * 2 * H)
          .every((y) => y === 0),
      ).toBe(true);
      if (h0) expect(row(together.hN, H, 4)).toEqual(alone.hN);
      if (c0) expect(row(together.cN, H, 4)).toEqual(alone.cN);
      const back = alone.backward({
        output: row(up.output, 2 * H, length),
        ...(h0 && { hN: row(up.hN, H, 4) }),
        ...(c0 && { cN: row(up.cN, H, 4) }),
      });
      expect(relativeError(row(gradients.input!, 3, length), back.input!, 1e-2)).toBeLessThan(1e-13);
      for (const name of Object.keys(params)) {
        sums[name] ??= new Float64Array(params[name]!.length);
        for (const [i, g] of back[name]!.entries()) sums[name]![i]! += g;
      }
    }
    for (const name of Object.keys(params)) {
      expect(relativeError(gradients[name]!, sums[name]!, 0.1), name).toBeLessThan(1e-13);
    }
  },
);

test.each([
  { cell: 'rnn', gates: 1 },
  { cell: 'lstm', gates: 4 },
  { cell: 'gru', gates: 3 },
] as const)('$cell: heads are a block-diagonal weight_hh', ({ cell, gates }) => {
  const config: ConfigurableCell = { ...base, cell, heads: 2 };
  const { params, input, h0, c0, up } = configurableCase(config, T, 5);
  const run = runConfigurable(config, params, input, { h0, c0 });
  const dense = new Float64Array(gates * H * H);
  const places: number[] = [];
  for (let g = 0; g < gates; g++) {
    for (let u = 0; u < H; u++) {
      for (let j = 0; j < 2; j++) places.push((g * H + u) * H + (u < 2 ? j : 2 + j));
    }
  }
  for (const [i, place] of places.entries()) dense[place] = params.weight_hh_l0![i]!;
  const full = runConfigurable({ ...base, cell }, { ...params, weight_hh_l0: dense }, input, { h0, c0 });
  expect(run.output).toEqual(full.output);
  const [got, wanted] = [run.backward(up), full.backward(up)];
  const blocks = places.map((place) => wanted.weight_hh_l0![place]!);
  expect([...got.weight_hh_l0!]).toEqual(blocks);
  for (const name of ['input', 'h_0', 'weight_ih_l0']) expect(got[name]).toEqual(wanted[name]);
});

test.each([
  { cell: 'mingru', name: 'mingru', inputSize: 3 },
  { cell: 'minlstm', name: 'minlstm', inputSize: 3 },
  { cell: 'indrnn', name: 'indrnn relu', inputSize: 3 },
  { cell: 'sru', name: 'sru', inputSize: 3 },
  { cell: 'sru', name: 'sru', inputSize: H },
] as const)(
  '$cell of $inputSize inputs: as the element-wise loop over packed rows',
  ({ cell, name, inputSize }) => {
    const config: ConfigurableCell = { ...base, cell, inputSize };
    const { params, input, h0, c0, up } = configurableCase(config, T, 31);
    const run = runConfigurable(config, params, input, { h0, c0 });
    const gradients = run.backward(up);
    const p = {
      inputSize,
      hiddenSize: H,
      weightIh: params.weight_ih_l0!,
      weightHh: params.weight_hh_l0 ?? params.weight_c_l0 ?? new Float64Array(),
      biasIh: params.bias_ih_l0!,
    };
    const sizes = new Array<number>(T).fill(B);
    const loop = scan.forward(name, p, input, h0 ?? c0!, sizes);
    const back = scan.backward(name, p, input, loop, up.output, h0 ? up.hN : up.cN, sizes);
    const pairs = [
      [run.output, loop.output],
      [h0 ? run.hN : run.cN, loop.stateN],
      [gradients.input, back.dX],
      [gradients.h_0 ?? gradients.c_0, back.dState0],
      [gradients.weight_ih_l0, back.dWeightIh],
      [gradients.weight_hh_l0 ?? gradients.weight_c_l0 ?? new Float64Array(), back.dWeightHh],
      [gradients.bias_ih_l0, back.dBiasIh],
    ] as const;
    for (const [got, wanted] of pairs) expect(relativeError(got!, wanted, 1e-2)).toBeLessThan(1e-12);
  },
);

test.each([
  { merge: 'sum', of: (a: number, b: number) => a + b },
  { merge: 'mul', of: (a: number, b: number) => a * b },
  { merge: 'ave', of: (a: number, b: number) => (a + b) / 2 },
] as const)('merge $merge: the two halves of concat, at every layer', ({ merge, of }) => {
  const config: ConfigurableCell = { ...base, cell: 'lstm', numLayers: 2, bidirectional: true, merge };
  const { params, input } = configurableCase(config, T, 6);
  expect(parameterShapes(config).weight_ih_l1).toEqual([4 * H, H]);
  let x: Float64Array = input;
  for (const l of [0, 1]) {
    const own: Tensors = {};
    for (const [name, value] of Object.entries(params)) {
      if (name.includes(`_l${l}`)) own[name.replace(`_l${l}`, '_l0')] = value;
    }
    const one: ConfigurableCell = { ...base, inputSize: l === 0 ? 3 : H, cell: 'lstm', bidirectional: true };
    const y = runConfigurable(one, own, x).output;
    x = Float64Array.from({ length: T * B * H }, (_, i) => {
      const from = Math.floor(i / H) * 2 * H + (i % H);
      return of(y[from]!, y[from + H]!);
    });
  }
  expect(relativeError(runConfigurable(config, params, input).output, x, 1e-3)).toBeLessThan(1e-13);
});

describe('zoneout', () => {
  const config: ConfigurableCell = { ...base, cell: 'lstm' };
  const { params, input, h0, c0 } = configurableCase(config, T, 7);
  const constant = (m: number) => [new Float64Array(T * B * H).fill(m)];

  test('a mask of zeros changes nothing, one of ones keeps the state', () => {
    const plain = runConfigurable(config, params, input, { h0, c0 });
    const none = runConfigurable(config, params, input, {
      h0,
      c0,
      zoneout: { h: constant(0), c: constant(0) },
    });
    expect(none.output).toEqual(plain.output);
    expect(none.cN).toEqual(plain.cN);
    const kept = runConfigurable(config, params, input, {
      h0,
      c0,
      zoneout: { h: constant(1), c: constant(1) },
    });
    expect([...kept.output]).toEqual(Array.from({ length: T }, () => [...h0!]).flat());
    expect(kept.cN).toEqual(c0);
  });

  test('a mask acts on its own step, row and unit', () => {
    const mask = new Float64Array(T * B * H);
    mask[(2 * B + 1) * H + 3] = 1;
    const plain = runConfigurable(config, params, input, { h0, c0 });
    const run = runConfigurable(config, params, input, { h0, c0, zoneout: { h: [mask] } });
    expect(at(run.output, 1, 1, H)).toEqual(at(plain.output, 1, 1, H));
    const want = at(plain.output, 2, 1, H);
    want[3] = at(plain.output, 1, 1, H)[3]!;
    expect(at(run.output, 2, 1, H)).toEqual(want);
    expect(at(run.output, 4, 0, H)).toEqual(at(plain.output, 4, 0, H));
    expect(at(run.output, 3, 1, H)).not.toEqual(at(plain.output, 3, 1, H));
  });
});

describe('stepClip', () => {
  /** Backpropagation through time by single steps of the hand-written layers, the gradient clipped in between. */
  function stepwise(
    cell: 'rnn' | 'lstm' | 'gru',
    given: ReturnType<typeof configurableCase>,
    bound: number,
  ): Tensors {
    const { params, input, h0, c0, up } = given;
    const p: LayerParams = {
      inputSize: 3,
      hiddenSize: H,
      weightIh: params.weight_ih_l0!,
      weightHh: params.weight_hh_l0!,
      biasIh: params.bias_ih_l0,
      biasHh: params.bias_hh_l0,
    };
    const zero = new Float64Array(B * H);
    let h = h0!;
    let c = c0 ?? zero;
    const backs: ((dh: Float64Array, dc: Float64Array) => lstm.LstmGradients)[] = [];
    for (let t = 0; t < T; t++) {
      const x = input.slice(t * B * 3, (t + 1) * B * 3);
      if (cell === 'lstm') {
        const { hN, cN, saved } = lstm.forward(p, x, h, c);
        backs.push((dh, dc) => lstm.backward(p, saved, zero, dh, dc));
        [h, c] = [hN, cN];
      } else if (cell === 'gru') {
        const { hN, saved } = gru.forward(p, x, h);
        backs.push((dh) => ({ ...gru.backward(p, saved, zero, dh), dC0: zero }));
        h = hN;
      } else {
        const { hN, saved } = rnn.forward(p, x, h);
        backs.push((dh) => ({ ...rnn.backward(p, saved, zero, dh), dC0: zero }));
        h = hN;
      }
    }
    let dh: Float64Array = up.hN.slice();
    let dc = cell === 'lstm' ? up.cN : zero;
    const sums: Tensors = { input: new Float64Array(input.length) };
    for (let t = T - 1; t >= 0; t--) {
      for (let i = 0; i < B * H; i++) dh[i]! += up.output[t * B * H + i]!;
      for (let b = 0; b < B; b++) {
        const row = dh.subarray(b * H, b * H + H);
        const norm = Math.sqrt(row.reduce((sum, g) => sum + g * g, 0));
        if (norm > bound) row.forEach((g, i) => void (row[i] = (g * bound) / norm));
      }
      const back = backs[t]!(dh, dc);
      [dh, dc] = [back.dH0, back.dC0];
      sums.input!.set(back.dX, t * B * 3);
      for (const [name, g] of [
        ['weight_ih_l0', back.dWeightIh],
        ['weight_hh_l0', back.dWeightHh],
        ['bias_ih_l0', back.dBiasIh],
        ['bias_hh_l0', back.dBiasHh],
      ] as const) {
        sums[name] ??= new Float64Array(g.length);
        for (const [i, value] of g.entries()) sums[name]![i]! += value;
      }
    }
    return { ...sums, h_0: dh, ...(cell === 'lstm' && { c_0: dc }) };
  }

  test.each(['rnn', 'lstm', 'gru'] as const)('%s: as single steps, clipped in between', (cell) => {
    const config: ConfigurableCell = { ...base, cell };
    const given = configurableCase(config, T, 8);
    const { params, input, h0, c0, up } = given;
    for (const bound of [0.4, 1.2, 1e9]) {
      const gradients = runConfigurable(config, params, input, { h0, c0, stepClip: bound }).backward(up);
      const wanted = stepwise(cell, given, bound);
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted).sort());
      for (const [name, value] of Object.entries(wanted)) {
        expect(relativeError(gradients[name]!, value, 1e-2), `${name}, ${bound}`).toBeLessThan(1e-12);
      }
    }
  });

  test('lengths, two layers, both directions: the norm that arrives is recorded, the values stay', () => {
    const config: ConfigurableCell = { ...base, cell: 'gru', numLayers: 2, bidirectional: true };
    const { params, input, up } = configurableCase(config, T, 9);
    const lengths = [2, 5, 1];
    const plain = runConfigurable(config, params, input, { lengths });
    const run = runConfigurable(config, params, input, { lengths, stepClip: 0.5 });
    expect(run.output).toEqual(plain.output);
    run.backward(up);
    plain.backward(up);
    // The last step of layer 1 in each direction gets its gradient from outside alone.
    for (const index of [2, 3]) {
      const [got, wanted] = [run.steps[index]!.at(-1)!, plain.steps[index]!.at(-1)!];
      expect(got.time).toBe(index === 2 ? T - 1 : 0);
      expect(got.rows).toEqual(index === 2 ? [1] : [0, 1, 2]);
      expect(got.h.grad).toEqual(wanted.h.grad);
    }
    expect(run.steps[0]!.at(0)!.h.grad).not.toEqual(plain.steps[0]!.at(0)!.h.grad);
  });
});
