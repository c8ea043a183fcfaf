import { beforeAll, describe, expect, test } from 'vitest';
import { type ForwardOptions, init, type NDArray } from '../../src/index.ts';
import { expectClose, expectSame, scaledError } from '../kernels/closeness.ts';
import { Draw, expectSameArray, expectSameDict, kernelBuilds } from '../model/helpers.ts';
import { type ConfigurableRun, runConfigurable } from '../reference/configurable.ts';
import { some } from '../thorough.ts';
import * as drawing from './configurableDraw.ts';

const cells: drawing.GatedCell[] = ['rnn', 'lstm', 'gru'];
const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

function problem(cell: drawing.GatedCell, seed: number) {
  const drawn = drawing.drawOptions(cell, seed);
  const { inputSize, hiddenSize, steps: T, batch: B, opts } = drawn;
  const draw = new Draw(seed + 1000);
  const lengths = Array.from({ length: B }, () => draw.integer(0, T));
  lengths[draw.integer(0, B - 1)] = T;
  const given: ForwardOptions = draw.next() < 0.5 ? { lengths } : {};
  const layer = drawing.make(cell, inputSize, hiddenSize, opts);
  const params = drawing.randomize(layer, seed);
  const out = opts.projSize || hiddenSize;
  const slots = (opts.numLayers ?? 1) * (opts.bidirectional ? 2 : 1);
  const states = (share: number) => {
    if (draw.next() > share) return {};
    const h = draw.features(0.8, slots, B, out);
    return cell === 'lstm' ? { h, c: draw.features(1, slots, B, hiddenSize) } : { h };
  };
  const [start, end] = [
    states(0.6) as { h?: NDArray; c?: NDArray },
    states(0.6) as { h?: NDArray; c?: NDArray },
  ];
  if (start.h) Object.assign(given, { h0: start.h }, start.c ? { c0: start.c } : {});
  const x = draw.features(1, T, B, inputSize);
  const upOutput = draw.features(1, T, B, layer.outputSize());
  const upstream = {
    output: upOutput,
    ...(end.h ? { hN: end.h } : {}),
    ...(end.c ? { cN: end.c } : {}),
  };
  return { drawn, layer, params, x, given, upstream };
}

function reference(
  drawn: drawing.Drawn,
  params: Record<string, Float64Array>,
  x: NDArray,
  given: ForwardOptions,
): ConfigurableRun {
  return runConfigurable(drawing.configOf(drawn), params, drawing.f64(x)!, {
    h0: drawing.f64(given.h0 as NDArray | undefined),
    c0: drawing.f64(given.c0 as NDArray | undefined),
    lengths: given.lengths,
  });
}

for (const kernels of kernelBuilds) {
  describe(`${kernels}: layers with options against the float64 reference`, () => {
    beforeAll(() => init({ kernels }));

    for (const cell of cells) {
      test.each(some(seeds, 4))(`${cell}: draw %i`, (seed) => {
        const { drawn, layer, params, x, given, upstream } = problem(cell, seed);
        const label = JSON.stringify({ ...drawn, lengths: given.lengths });
        const expected = reference(drawn, params, x, given);
        // a row of a small deviation is divided by it
        const looser = drawn.opts.layerNorm ? 10 : 1;
        const [OUTPUT, GRADIENT] = [1e-5 * looser, 1e-4 * looser];
        const got = layer.forward(x, { ...given, training: true });
        expectClose(got.output.data, expected.output, OUTPUT, `output ${label}`);
        expectClose(got.hN.data, expected.hN, OUTPUT, `hN ${label}`);
        if (got.cN) expectClose(got.cN.data, expected.cN, OUTPUT, `cN ${label}`);
        const inferred = layer.forward(x, given);
        expectSameArray(inferred.output, got.output, `inference: output ${label}`);
        expectSameArray(inferred.hN, got.hN, `inference: hN ${label}`);
        expectSameArray(inferred.cN, got.cN, `inference: cN ${label}`);

        layer.forward(x, { ...given, training: true });
        const back = layer.backward(upstream);
        // sums of numbers around 1 may cancel
        const close = (a: ArrayLike<number>, b: ArrayLike<number>, name: string) =>
          expect(scaledError(a, b, 0.5), `${name} ${label}`).toBeLessThanOrEqual(GRADIENT);
        const up = Object.fromEntries(Object.entries(upstream).map(([name, a]) => [name, drawing.f64(a)!]));
        const wanted = expected.backward(up);
        close(back.input.data, wanted.input!, 'dx');
        close(back.h0.data, wanted.h_0!, 'dh0');
        if (back.c0) close(back.c0.data, wanted.c_0!, 'dc0');
        const gradients = layer.gradients();
        for (const [name, { data }] of Object.entries(gradients)) close(data, wanted[name]!, name);
        expect(Object.keys(gradients).length).toBe(Object.keys(params).length);
        layer.dispose();
      });
    }
  });
}

describe('simd: rows', () => {
  beforeAll(() => init({ kernels: 'simd' }));

  for (const cell of cells) {
    test.each(some(seeds.slice(0, 20), 4))(
      `${cell} %i: lengths that are all T are none, to the bit`,
      (seed) => {
        const { drawn, layer, x, given, upstream } = problem(cell, seed);
        const { lengths: _, ...rest } = given;
        const all = new Array<number>(drawn.batch).fill(drawn.steps);
        const mask = new Uint8Array(drawn.steps * drawn.batch).fill(1);
        const runs = [rest, { ...rest, lengths: all }, { ...rest, mask }].map((opts) => {
          layer.zeroGradients();
          const { output, hN, cN } = layer.forward(x, { ...opts, training: true });
          const back = layer.backward(upstream);
          const inferred = layer.forward(x, opts);
          return {
            forward: { output, hN, ...(cN ? { cN } : {}) },
            inferred: { output: inferred.output, hN: inferred.hN, ...(cN ? { cN: inferred.cN! } : {}) },
            back: { ...back } as Record<string, NDArray>,
            gradients: layer.gradients(),
          };
        });
        for (const other of runs.slice(1)) {
          expectSameDict(other.forward, runs[0]!.forward, 'forward');
          expectSameDict(other.inferred, runs[0]!.forward, 'inference');
          expectSameDict(other.back, runs[0]!.back, 'backward');
          expectSameDict(other.gradients, runs[0]!.gradients, 'gradients');
        }
      },
    );

    test.each(some(seeds.slice(0, 25), 4))(
      `${cell} %i: a row alone is the row in the batch, to the bit`,
      (seed) => {
        const { drawn, layer, x, given } = problem(cell, seed);
        const { steps: T, batch: B, inputSize } = drawn;
        const whole = layer.forward(x, given);
        const W = layer.outputSize();
        const lengths = (given.lengths as number[] | undefined) ?? new Array<number>(B).fill(T);
        for (let b = 0; b < B; b++) {
          const n = lengths[b]!;
          if (n === 0) continue;
          const data = new Float32Array(n * inputSize);
          for (let t = 0; t < n; t++)
            data.set(x.data.subarray((t * B + b) * inputSize, (t * B + b + 1) * inputSize), t * inputSize);
          const one = (array: NDArray | undefined) => array && rowOf(array, b);
          const h0 = one(given.h0 as NDArray);
          const c0 = one(given.c0 as NDArray);
          const alone = layer.forward(
            { data, shape: [n, 1, inputSize] },
            { ...(h0 ? { h0 } : {}), ...(c0 ? { c0 } : {}) },
          );
          for (let t = 0; t < T; t++) {
            const got = whole.output.data.subarray((t * B + b) * W, (t * B + b + 1) * W);
            const expected = t < n ? alone.output.data.subarray(t * W, (t + 1) * W) : new Float32Array(W);
            expectSame(got, expected, `row ${b} step ${t}`);
          }
          expectSameArray(rowOf(whole.hN, b), alone.hN, 'hN');
          if (whole.cN) expectSameArray(rowOf(whole.cN, b), alone.cN, 'cN');
        }
      },
    );

    test.each(some(seeds.slice(0, 25), 4))(
      `${cell} %i: a mask with holes is the row without them, to the bit`,
      (seed) => {
        const { drawn, layer, x, given, upstream } = problem(cell, seed);
        const { steps: T, batch: B, inputSize } = drawn;
        const { lengths: _, ...rest } = given;
        const draw = new Draw(seed + 5000);
        const mask = Array.from({ length: T * B }, () => draw.next() < 0.6);
        mask[draw.integer(0, T * B - 1)] = true;
        const lengths = Array.from({ length: B }, (_, b) => {
          let n = 0;
          for (let t = 0; t < T; t++) if (mask[t * B + b]) n++;
          return n;
        });
        const compact = (array: NDArray, width: number): NDArray => {
          const data = new Float32Array(array.data.length);
          const at = new Array<number>(B).fill(0);
          for (let i = 0; i < T * B; i++) {
            if (!mask[i]) continue;
            const to = (at[i % B]!++ * B + (i % B)) * width;
            data.set(array.data.subarray(i * width, (i + 1) * width), to);
          }
          return { data, shape: array.shape };
        };
        const W = layer.outputSize();
        layer.zeroGradients();
        const masked = layer.forward(x, { ...rest, mask, training: true });
        const maskedBack = layer.backward(upstream);
        const maskedGradients = layer.gradients();
        layer.zeroGradients();
        const dense = layer.forward(compact(x, inputSize), { ...rest, lengths, training: true });
        const denseBack = layer.backward({ ...upstream, output: compact(upstream.output, W) });
        expectSameArray(compact(masked.output, W), dense.output, 'output');
        expectSameArray(masked.hN, dense.hN, 'hN');
        expectSameArray(masked.cN, dense.cN, 'cN');
        expectSameArray(compact(maskedBack.input, inputSize), denseBack.input, 'dx');
        expectSameArray(maskedBack.h0, denseBack.h0, 'dh0');
        expectSameArray(maskedBack.c0, denseBack.c0, 'dc0');
        expectSameDict(maskedGradients, layer.gradients(), 'gradients');
        for (let i = 0; i < T * B; i++) {
          if (mask[i]) continue;
          expect(masked.output.data.subarray(i * W, (i + 1) * W).every((v) => v === 0)).toBe(true);
          expect(
            maskedBack.input.data.subarray(i * inputSize, (i + 1) * inputSize).every((v) => v === 0),
          ).toBe(true);
        }
        expectSameArray(layer.forward(x, { ...rest, mask }).output, masked.output, 'inference');
      },
    );

    test.each(some(seeds.slice(0, 12), 4))(
      `${cell} %i: batchFirst is the same with the axes swapped, to the bit`,
      (seed) => {
        const { drawn, layer, x, given, upstream } = problem(cell, seed);
        const { steps: T, batch: B, inputSize, hiddenSize, opts } = drawn;
        const other = drawing.make(cell, inputSize, hiddenSize, { ...opts, batchFirst: true });
        other.loadStateDict(layer.stateDict());
        const a = layer.forward(x, { ...given, training: true });
        const b = other.forward(swapped(x), { ...given, training: true });
        expectSameArray(swapped(b.output), a.output, 'output');
        expectSameArray(b.hN, a.hN, 'hN');
        const backA = layer.backward(upstream);
        const backB = other.backward({ ...upstream, output: swapped(upstream.output) });
        expectSameArray(swapped(backB.input), backA.input, 'dx');
        expectSameArray(backB.h0, backA.h0, 'dh0');
        expectSameDict(other.gradients(), layer.gradients());
        const { lengths: _, ...rest } = given;
        const mask = Uint8Array.from({ length: T * B }, (_, i) => (i % 3 ? 1 : 0));
        mask[0] = 1;
        const first = Uint8Array.from({ length: T * B }, (_, i) => mask[(i % T) * B + Math.floor(i / T)]!);
        const c = layer.forward(x, { ...rest, mask });
        const d = other.forward(swapped(x), { ...rest, mask: { data: first, shape: [B, T] } });
        expectSameArray(swapped(d.output), c.output, 'masked');
      },
    );
  }
});

/** [S, B, n] of one row: [S, 1, n]. */
function rowOf({ data, shape }: NDArray, b: number): NDArray {
  const [S, B, n] = shape as [number, number, number];
  const out = new Float32Array(S * n);
  for (let s = 0; s < S; s++) out.set(data.subarray((s * B + b) * n, (s * B + b + 1) * n), s * n);
  return { data: out, shape: [S, 1, n] };
}

function swapped({ data, shape }: NDArray): NDArray {
  const [M, N, n] = shape as [number, number, number];
  const out = new Float32Array(data.length);
  for (let i = 0; i < M; i++)
    for (let j = 0; j < N; j++) out.set(data.subarray((i * N + j) * n, (i * N + j + 1) * n), (j * M + i) * n);
  return { data: out, shape: [N, M, n] };
}
