import { project, projectBack, weightGradient } from './layer.ts';
import { sigmoid } from './math.ts';
import { addBias, columnSums } from './rows.ts';

export interface SlstmParams {
  inputSize: number;
  hiddenSize: number;
  heads: number;
  exponential: boolean;
  /** [4H, I], rows i f z o. */
  weightIh: Float64Array;
  /** [4H, H / heads] */
  weightHh: Float64Array;
  /** [4H] */
  biasIh?: Float64Array | undefined;
}

/** Each [B, H]. */
export type SlstmStates = Record<'h' | 'c' | 'n' | 'm', Float64Array>;

export interface SlstmForward {
  /** [N, H] */
  output: Float64Array;
  last: SlstmStates;
  /** [N, H]: m of every row, which `frozen` takes. */
  stabilizer: Float64Array;
  /** [N, 4H]: i′ a_f z o. */
  gates: Float64Array;
  /** Each [N, H]. */
  before: SlstmStates;
  after: SlstmStates;
}

/** W_hh with its zeros, [4H, H]. */
function dense({ hiddenSize: H, heads, weightHh }: SlstmParams): Float64Array {
  const [n, all] = [H / heads, new Float64Array(4 * H * H)];
  for (let r = 0; r < 4 * H; r++) {
    const first = Math.floor((r % H) / n) * n;
    for (let k = 0; k < n; k++) all[r * H + first + k] = weightHh[r * n + k]!;
  }
  return all;
}

function logForget({ exponential }: SlstmParams, a: number): number {
  return exponential ? a : Math.min(a, 0) - Math.log1p(Math.exp(-Math.abs(a)));
}

/**
 * x [N, I], rows of all steps one after the other, sizes[t] of step t. frozen: m of every row as a former run had it,
 * whatever the gates are, since no gradient goes through it.
 */
export function forward(
  p: SlstmParams,
  x: Float64Array,
  states0: SlstmStates,
  sizes: readonly number[],
  frozen?: Float64Array,
): SlstmForward {
  const H = p.hiddenSize;
  const W = dense(p);
  const gates = project(x, p.weightIh, p.inputSize);
  if (p.biasIh) addBias(gates, p.biasIh);
  const N = x.length / p.inputSize;
  const some = (): SlstmStates => ({
    h: new Float64Array(N * H),
    c: new Float64Array(N * H),
    n: new Float64Array(N * H),
    m: new Float64Array(N * H),
  });
  const [before, after] = [some(), some()];
  const names = ['h', 'c', 'n', 'm'] as const;
  const last = { ...states0 };
  for (const name of names) last[name] = states0[name].slice();
  let row = 0;
  for (const size of sizes) {
    for (let b = 0; b < size; b++, row++) {
      const h0 = last.h.slice(b * H, (b + 1) * H);
      const hidden = project(h0, W, H);
      for (let j = 0; j < H; j++) {
        const [at, to] = [b * H + j, row * H + j];
        for (const name of names) before[name][to] = last[name][at]!;
        const a = [0, 1, 2, 3].map((g) => gates[row * 4 * H + g * H + j]! + hidden[g * H + j]!);
        const u = logForget(p, a[1]!) + last.m[at]!;
        const m = frozen?.[to] ?? (last.n[at] === 0 ? a[0]! : Math.max(u, a[0]!));
        const [i, f] = [Math.exp(a[0]! - m), Math.min(Math.exp(u - m), 1)];
        // with m held, f′ may well move past 1
        const forget = frozen && last.n[at] !== 0 ? Math.exp(u - m) : f;
        const [z, o] = [Math.tanh(a[2]!), sigmoid(a[3]!)];
        last.c[at] = forget * last.c[at]! + i * z;
        last.n[at] = forget * last.n[at]! + i;
        last.m[at] = m;
        last.h[at] = (o * last.c[at]!) / last.n[at]!;
        for (const name of names) after[name][to] = last[name][at]!;
        for (const [g, v] of [i, a[1]!, z, o].entries()) gates[row * 4 * H + g * H + j] = v;
      }
    }
  }
  return { output: after.h.slice(), last, stabilizer: after.m, gates, before, after };
}

/** dOutput [N, H]; dLast each [B, H], of m nothing. */
export function backward(
  p: SlstmParams,
  x: Float64Array,
  { gates, before, after }: SlstmForward,
  dOutput: Float64Array,
  dLast: Omit<SlstmStates, 'm'>,
  sizes: readonly number[],
) {
  const { inputSize: I, hiddenSize: H, heads } = p;
  const W = dense(p);
  const [dh, dc, dn] = [dLast.h.slice(), dLast.c.slice(), dLast.n.slice()];
  const dA = new Float64Array(gates.length);
  let row = x.length / I;
  for (const size of sizes.toReversed()) {
    for (let b = size - 1; b >= 0; b--) {
      row--;
      for (let j = 0; j < H; j++) {
        const [at, to] = [b * H + j, row * H + j];
        const [i, af, z, o] = [0, 1, 2, 3].map((g) => gates[row * 4 * H + g * H + j]!) as [
          number,
          number,
          number,
          number,
        ];
        const above = logForget(p, af) + before.m[to]! - after.m[to]!;
        const f = Math.min(Math.exp(above), 1);
        const d = dh[at]! + dOutput[to]!;
        const byC = dc[at]! + (d * o) / after.n[to]!;
        const byN = dn[at]! - (d * after.h[to]!) / after.n[to]!;
        const byForget = byC * before.c[to]! + byN * before.n[to]!;
        const slope = above > 0 ? 0 : f * (p.exponential ? 1 : sigmoid(-af));
        const da = [i * (z * byC + byN), slope * byForget, byC * i * (1 - z * z), d * after.h[to]! * (1 - o)];
        for (const [g, v] of da.entries()) dA[row * 4 * H + g * H + j] = v;
        dc[at] = f * byC;
        dn[at] = f * byN;
      }
      dh.set(projectBack(dA.slice(row * 4 * H, (row + 1) * 4 * H), W, H), b * H);
    }
  }
  const whole = weightGradient(dA, before.h, 4 * H, H);
  const n = H / heads;
  const dWeightHh = new Float64Array(4 * H * n);
  for (let r = 0; r < 4 * H; r++) {
    const first = Math.floor((r % H) / n) * n;
    for (let k = 0; k < n; k++) dWeightHh[r * n + k] = whole[r * H + first + k]!;
  }
  return {
    dX: projectBack(dA, p.weightIh, I),
    dStates0: { h: dh, c: dc, n: dn },
    dWeightIh: weightGradient(dA, x, 4 * H, I),
    dWeightHh,
    dBiasIh: columnSums(dA, 4 * H),
  };
}
