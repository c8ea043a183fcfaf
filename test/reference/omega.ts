import type { ConfigurableRun } from './configurable.ts';
import { type ConfigurableCell, suffixes } from './parameters.ts';
import type { Tensors } from './stack.ts';

export interface Omega {
  /** Σ (ρ − 1)² over layers, directions, steps and rows. */
  value: number;
  /** By weight_hh_*, with every dL/dh(t) and h(t) held constant. */
  gradients: Tensors;
  /** ρ by layer·D + direction, step in the order of `run.steps`, row of the step; NaN where dL/dh(t) = 0. */
  ratios: number[][][];
}

/**
 * The regularizer against vanishing gradients of arXiv 1211.5063: ρ = ‖g·∂h(t)/∂h(t−1)‖/‖g‖ with g = dL/dh(t), for
 * each step from the first and each row. A row with g = 0 adds nothing; where ρ = 0 its gradient is 0. `run` is of an
 * rnn with tanh or relu, without clip, layerNorm, zoneout and recurrentDropout, after its `backward`.
 */
export function omega(config: ConfigurableCell, params: Tensors, run: ConfigurableRun): Omega {
  const { cell, hiddenSize: H, heads = 1, nonlinearity = 'tanh' } = config;
  if (cell !== 'rnn' || !(nonlinearity === 'tanh' || nonlinearity === 'relu')) throw new Error(cell);
  if (config.clip || config.layerNorm) throw new Error('clip and layerNorm are no part of this Jacobian');
  const n = H / heads;
  let value = 0;
  const gradients: Tensors = {};
  const ratios = suffixes(config).map((k, index) => {
    const weight = params[`weight_hh_${k}`]!;
    const gradient = (gradients[`weight_hh_${k}`] = new Float64Array(weight.length));
    /** Element i of weight_hh is in row u = ⌊i/n⌋ and meets h's element `seen(i)`. */
    const seen = (i: number) => Math.floor(Math.floor(i / n) / n) * n + (i % n);
    return run.steps[index]!.map(({ rows, h }) =>
      rows.map((_, r) => {
        const g = h.grad.subarray(r * H, r * H + H);
        const slopes = h.value
          .subarray(r * H, r * H + H)
          .map((y) => (nonlinearity === 'tanh' ? 1 - y * y : Number(y > 0)));
        const s = g.map((a, u) => a * slopes[u]!);
        const v = new Float64Array(H);
        weight.forEach((w, i) => {
          v[seen(i)]! += s[Math.floor(i / n)]! * w;
        });
        const [normG, normV] = [Math.hypot(...g), Math.hypot(...v)];
        if (normG === 0) return Number.NaN;
        const rho = normV / normG;
        value += (rho - 1) ** 2;
        if (rho > 0) {
          const factor = (2 * (rho - 1)) / (normG * normV);
          for (let i = 0; i < weight.length; i++) {
            gradient[i]! += factor * s[Math.floor(i / n)]! * v[seen(i)]!;
          }
        }
        return rho;
      }),
    );
  });
  return { value, gradients, ratios };
}
