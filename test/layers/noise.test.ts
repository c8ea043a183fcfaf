import { beforeAll, describe, expect, test } from 'vitest';
import { init, type NDArray, Sequential } from '../../src/index.ts';
import { Generator } from '../../src/init/generator.ts';
import { expectClose, expectSame, scaledError } from '../kernels/closeness.ts';
import { Draw } from '../model/helpers.ts';
import { type ConfigurableOptions, runConfigurable } from '../reference/configurable.ts';
import { kept } from '../reference/draws.ts';
import { some } from '../thorough.ts';
import * as drawing from './configurableDraw.ts';

const cells: drawing.GatedCell[] = ['rnn', 'lstm', 'gru'];
const seeds = Array.from({ length: 24 }, (_, i) => i + 1);

interface Noise {
  inputDropout: number;
  recurrentDropout: number;
  h: number;
  c: number;
}

function problem(cell: drawing.GatedCell, seed: number, noise: Noise) {
  const drawn = drawing.drawOptions(cell, seed);
  const { inputSize, hiddenSize, steps: T, batch: B } = drawn;
  const { inputDropout, recurrentDropout, h, c } = noise;
  const zoneout = c > 0 ? { h, c } : h;
  const layer = drawing.make(cell, inputSize, hiddenSize, {
    ...drawn.opts,
    ...(inputDropout ? { inputDropout } : {}),
    ...(recurrentDropout ? { recurrentDropout } : {}),
    ...(h + c ? { zoneout } : {}),
  });
  const single = drawing.make(cell, inputSize, hiddenSize, drawn.opts);
  const params = drawing.randomize(single, seed);
  const model = new Sequential([layer], { seed });
  model.loadStateDict(
    Object.fromEntries(Object.entries(single.stateDict()).map(([name, value]) => [`0.${name}`, value])),
  );
  const draw = new Draw(seed + 77);
  const lengths = Array.from({ length: B }, () => draw.integer(0, T));
  lengths[draw.integer(0, B - 1)] = T;
  return {
    drawn,
    model,
    params,
    x: draw.features(1, T, B, inputSize),
    up: draw.features(1, T, B, layer.outputSize()),
    ...(draw.next() < 0.5 ? { lengths } : {}),
  };
}

/** Every mask as the reference takes it, from the keys that the generator gives next. */
function masks(drawn: drawing.Drawn, noise: Noise, state: number[], lengths?: number[]): ConfigurableOptions {
  const { batch: B, steps: T, hiddenSize: H, inputSize, opts } = drawn;
  const generator = new Generator(0);
  generator.state = state;
  const { numLayers = 1, bidirectional, mergeMode = 'concat', projSize } = opts;
  const W = projSize || H;
  const D = bidirectional ? 2 : 1;
  const own = lengths ?? new Array<number>(B).fill(T);
  const order = Array.from({ length: B }, (_, b) => b).sort((a, b) => own[b]! - own[a]! || a - b);
  const perRow = (key: number, p: number, n: number) => {
    const mask = new Float64Array(B * n);
    for (let i = 0; i < B; i++)
      for (let j = 0; j < n; j++) mask[order[i]! * n + j] = kept(key, i * n + j, p) / (1 - p);
    return mask;
  };
  /** 1 where the old state stays, of steps in the order in which a direction takes them. */
  const perStep = (key: number, p: number, n: number, reverse: boolean) => {
    const mask = new Float64Array(T * B * n);
    let row = 0;
    for (let s = 0; s < T; s++) {
      for (const b of order) {
        if (own[b]! <= s) continue;
        const t = reverse ? own[b]! - 1 - s : s;
        for (let j = 0; j < n; j++) mask[(t * B + b) * n + j] = 1 - kept(key, row * n + j, p);
        row++;
      }
    }
    return mask;
  };
  const inputDropout: Float64Array[] = [];
  const recurrentDropout: Float64Array[] = [];
  const h: Float64Array[] = [];
  const c: Float64Array[] = [];
  for (let k = 0; k < numLayers; k++) {
    const I = k ? W * (D === 2 && mergeMode === 'concat' ? 2 : 1) : inputSize;
    const x = noise.inputDropout ? perRow(generator.next(), noise.inputDropout, I) : undefined;
    for (let d = 0; d < D; d++) {
      if (x) inputDropout.push(x);
      if (noise.h) h.push(perStep(generator.next(), noise.h, W, d === 1));
      if (noise.c) c.push(perStep(generator.next(), noise.c, H, d === 1));
      if (noise.recurrentDropout) {
        recurrentDropout.push(perRow(generator.next(), noise.recurrentDropout, W));
      }
    }
  }
  return {
    ...(inputDropout.length ? { inputDropout } : {}),
    ...(recurrentDropout.length ? { recurrentDropout } : {}),
    ...(h.length + c.length ? { zoneout: { ...(h.length ? { h } : {}), ...(c.length ? { c } : {}) } } : {}),
  };
}

const kinds: Record<string, Noise> = {
  zoneout: { inputDropout: 0, recurrentDropout: 0, h: 0.3, c: 0 },
  'zoneout of c': { inputDropout: 0, recurrentDropout: 0, h: 0, c: 0.4 },
  inputDropout: { inputDropout: 0.3, recurrentDropout: 0, h: 0, c: 0 },
  recurrentDropout: { inputDropout: 0, recurrentDropout: 0.3, h: 0, c: 0 },
  'all of them': { inputDropout: 0.2, recurrentDropout: 0.3, h: 0.2, c: 0.3 },
};

describe('noise in recurrent layers against the float64 reference with the same masks', () => {
  beforeAll(() => init({ kernels: 'simd' }));

  for (const [kind, all] of Object.entries(kinds)) {
    for (const cell of cells) {
      if (kind === 'zoneout of c' && cell !== 'lstm') continue;
      const noise = cell === 'lstm' ? all : { ...all, c: 0 };
      test.each(some(seeds, 4))(`${kind}, ${cell} %i`, (seed) => {
        const { drawn, model, params, x, up, lengths } = problem(cell, seed, noise);
        const label = JSON.stringify({ ...drawn, lengths });
        const given = lengths ? { lengths } : {};
        const options = masks(drawn, noise, model.network.generator.state, lengths);
        const expected = runConfigurable(drawing.configOf(drawn), params, drawing.f64(x)!, {
          ...options,
          lengths,
        });
        const looser = drawn.opts.layerNorm ? 10 : 1;
        const got = model.forward(x, { ...given, training: true });
        expectClose(got.data, expected.output, 1e-5 * looser, `output ${label}`);
        const dx = model.backward(up)!;
        const wanted = expected.backward({ output: drawing.f64(up)! });
        const close = (a: ArrayLike<number>, b: ArrayLike<number>, name: string) =>
          expect(scaledError(a, b, 0.5), `${name} ${label}`).toBeLessThanOrEqual(1e-4 * looser);
        close(dx.data, wanted.input!, 'dx');
        for (const [name, { data }] of Object.entries(model.gradients()))
          close(data, wanted[name.slice(2)]!, name);
        const again = model.forward(x, { ...given, training: true });
        if (drawn.steps > 3 && again.data.length > 100) expect(same(again, got)).toBe(false);
      });

      test.each(some(seeds.slice(0, 8), 4))(
        `${kind}, ${cell} %i: inference takes what is expected`,
        (seed) => {
          const { drawn, model, params, x, lengths } = problem(cell, seed, noise);
          const state = model.network.generator.state;
          const zoneout = { ...(noise.h ? { h: noise.h } : {}), ...(noise.c ? { c: noise.c } : {}) };
          const expected = runConfigurable(drawing.configOf(drawn), params, drawing.f64(x)!, {
            zoneout,
            lengths,
          });
          const got = model.forward(x, lengths ? { lengths } : {});
          expectClose(got.data, expected.output, drawn.opts.layerNorm ? 1e-4 : 1e-5, 'output');
          expect(model.network.generator.state).toEqual(state);
          if (drawn.opts.bidirectional || lengths) return;
          const stream = model.stream({ batch: drawn.batch });
          const row = drawn.batch * drawn.inputSize;
          const wide = got.data.length / drawn.steps;
          for (let t = 0; t < drawn.steps; t++) {
            const y = stream.step(x.data.subarray(t * row, (t + 1) * row));
            expectSame(y, got.data.subarray(t * wide, (t + 1) * wide), `stream, step ${t}`);
          }
        },
      );
    }
  }

  test.each(cells)('dropout between stacked layers of %s is a Dropout layer between them', (cell) => {
    const stacked = new Sequential(
      [drawing.make(cell, 4, 6, { numLayers: 3, dropout: 0.4, bidirectional: true })],
      {
        seed: 4,
      },
    );
    const draw = new Draw(8);
    const x = draw.features(1, 7, 3, 4);
    const state = stacked.stateDict();
    const generator = new Generator(0);
    generator.state = stacked.network.generator.state;
    const output = stacked.forward(x, { training: true });
    // by hand: each layer by itself, masks from the same keys
    let sequence: NDArray = x;
    for (let k = 0; k < 3; k++) {
      const layer = drawing.make(cell, sequence.shape[2]!, 6, { bidirectional: true });
      const own = Object.entries(state).filter(([name]) => name.includes(`_l${k}`));
      layer.loadStateDict(
        Object.fromEntries(own.map(([name, value]) => [name.slice(2).replace(`_l${k}`, '_l0'), value])),
      );
      sequence = layer.forward(sequence).output;
      if (k === 2) break;
      const key = generator.next();
      const scale = Math.fround(1 / 0.6);
      sequence = { data: sequence.data.map((v, i) => kept(key, i, 0.4) * v * scale), shape: sequence.shape };
    }
    expectSame(
      output.data,
      sequence.data.map((v) => v + 0),
      'output',
    );
  });
});

function same(a: NDArray, b: NDArray): boolean {
  return a.data.every((v, i) => v === b.data[i]);
}
