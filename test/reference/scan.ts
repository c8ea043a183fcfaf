import { type LayerParams, project, projectBack, weightGradient } from './layer.ts';
import { sigmoid, tanh } from './math.ts';
import { addBias, columnSums } from './rows.ts';

/** One element of a state: its gates a, weights v of the state, the state before and the input that skips the cell. */
interface Cell {
  /** Rows of weight_ih over H. */
  gates(inputSize: number, hiddenSize: number): number;
  /** Where in the gates the bias starts, and how many it covers, over H. */
  bias: [first: number, count: number];
  step(a: number[], v: number[], before: number, skip: number): { state: number; y: number };
  /** From the gradients of `state` and `y`. */
  back(
    a: number[],
    v: number[],
    before: number,
    skip: number,
    dState: number,
    dy: number,
  ): { da: number[]; dv: number[]; dBefore: number; dSkip: number };
}

const mingru: Cell = {
  gates: () => 2,
  bias: [0, 2],
  step([az, n], _v, before) {
    const state = sigmoid(-az!) * before + sigmoid(az!) * n!;
    return { state, y: state };
  },
  back([az, n], _v, before, _skip, dState, dy) {
    const d = dState + dy;
    const [z, u] = [sigmoid(az!), sigmoid(-az!)];
    return { da: [d * (n! - before) * z * u, d * z], dv: [], dBefore: d * u, dSkip: 0 };
  },
};

/** f/(f + i) = σ(ln f − ln i). */
function share(af: number, ai: number): number {
  return sigmoid(logSigmoid(af) - logSigmoid(ai));
}

function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

const minlstm: Cell = {
  gates: () => 3,
  bias: [0, 3],
  step([af, ai, g], _v, before) {
    const state = share(af!, ai!) * before + share(ai!, af!) * g!;
    return { state, y: state };
  },
  back([af, ai, g], _v, before, _skip, dState, dy) {
    const d = dState + dy;
    const [f, i] = [share(af!, ai!), share(ai!, af!)];
    const e = d * (before - g!) * f * i;
    return { da: [e * sigmoid(-af!), -e * sigmoid(-ai!), d * i], dv: [], dBefore: d * f, dSkip: 0 };
  },
};

function indrnn(relu: boolean): Cell {
  return {
    gates: () => 1,
    bias: [0, 1],
    step([ax], [w], before) {
      const a = ax! + w! * before;
      const state = relu ? (a > 0 ? a : 0) : tanh(a);
      return { state, y: state };
    },
    back([ax], [w], before, _skip, dState, dy) {
      const a = ax! + w! * before;
      const slope = relu ? (a > 0 ? 1 : 0) : 1 / Math.cosh(a) ** 2;
      const da = (dState + dy) * slope;
      return { da: [da], dv: [da * before], dBefore: da * w!, dSkip: 0 };
    },
  };
}

/** With four blocks the last takes the place of what skips the cell. */
const sru: Cell = {
  gates: (inputSize, hiddenSize) => (inputSize === hiddenSize ? 3 : 4),
  bias: [1, 2],
  step([u, xf, xr, projected], [vf, vr], before, x) {
    const [af, ar] = [xf! + vf! * before, xr! + vr! * before];
    const state = sigmoid(af) * before + sigmoid(-af) * u!;
    return { state, y: sigmoid(ar) * state + sigmoid(-ar) * (projected ?? x) };
  },
  back([u, xf, xr, projected], [vf, vr], before, x, dState, dy) {
    const [af, ar] = [xf! + vf! * before, xr! + vr! * before];
    const [f, r] = [sigmoid(af), sigmoid(ar)];
    const state = f * before + sigmoid(-af) * u!;
    const dc = dState + dy * r;
    const df = dc * (before - u!) * f * sigmoid(-af);
    const dr = dy * (state - (projected ?? x)) * r * sigmoid(-ar);
    const dSkip = dy * sigmoid(-ar);
    const da = [dc * sigmoid(-af), df, dr];
    if (projected !== undefined) da.push(dSkip);
    return {
      da,
      dv: [df * before, dr * before],
      dBefore: dc * f + df * vf! + dr * vr!,
      dSkip: projected === undefined ? dSkip : 0,
    };
  },
};

export const cells = {
  mingru,
  minlstm,
  'indrnn relu': indrnn(true),
  'indrnn tanh': indrnn(false),
  sru,
};
export type CellName = keyof typeof cells;

/** weightHh: [H] of indrnn, [2H] of sru (v_f v_r), else empty; biasIh: as the gates it covers. */
export type ScanParams = Omit<LayerParams, 'biasHh'>;

export interface ScanForward {
  /** [N, H] */
  output: Float64Array;
  /** [B, H]: the last state of every row */
  stateN: Float64Array;
  /** [N, G] before activations, v ⊙ state left out */
  gates: Float64Array;
  /** [N, H]: the state before each row */
  before: Float64Array;
}

/** x [N, I], rows of all steps one after the other, sizes[t] of step t; state0 [B, H]. */
export function forward(
  name: CellName,
  p: ScanParams,
  x: Float64Array,
  state0: Float64Array,
  sizes: readonly number[],
): ScanForward {
  const { inputSize: I, hiddenSize: H } = p;
  const cell = cells[name];
  const G = cell.gates(I, H) * H;
  const gates = project(x, p.weightIh, I);
  const bias = new Float64Array(G);
  if (p.biasIh) bias.set(p.biasIh, cell.bias[0] * H);
  addBias(gates, bias);
  const rows = x.length / I;
  const output = new Float64Array(rows * H);
  const before = new Float64Array(rows * H);
  const stateN = state0.slice();
  let row = 0;
  for (const size of sizes) {
    for (let b = 0; b < size; b++, row++) {
      for (let j = 0; j < H; j++) {
        const at = row * H + j;
        before[at] = stateN[b * H + j]!;
        const { state, y } = cell.step(
          column(gates, row * G + j, H, G),
          column(p.weightHh, j, H, p.weightHh.length),
          before[at],
          x[row * I + j]!,
        );
        stateN[b * H + j] = state;
        output[at] = y;
      }
    }
  }
  return { output, stateN, gates, before };
}

/** dOutput [N, H], dStateN [B, H]. dBiasIh is given without a bias too. */
export function backward(
  name: CellName,
  p: ScanParams,
  x: Float64Array,
  { gates, before }: ScanForward,
  dOutput: Float64Array,
  dStateN: Float64Array,
  sizes: readonly number[],
) {
  const { inputSize: I, hiddenSize: H } = p;
  const cell = cells[name];
  const G = cell.gates(I, H) * H;
  const V = p.weightHh.length;
  const dState0 = dStateN.slice();
  const dA = new Float64Array(gates.length);
  const dSkipped = new Float64Array(x.length);
  const dWeightHh = new Float64Array(V);
  let row = x.length / I;
  for (const size of sizes.toReversed()) {
    for (let b = size - 1; b >= 0; b--) {
      row--;
      for (let j = 0; j < H; j++) {
        const at = row * H + j;
        const a = column(gates, row * G + j, H, G);
        const v = column(p.weightHh, j, H, V);
        const skip = x[row * I + j]!;
        const found = cell.back(a, v, before[at]!, skip, dState0[b * H + j]!, dOutput[at]!);
        for (const [k, d] of found.da.entries()) dA[row * G + k * H + j] = d;
        for (const [k, d] of found.dv.entries()) dWeightHh[k * H + j]! += d;
        dState0[b * H + j] = found.dBefore;
        if (I === H) dSkipped[row * I + j] = found.dSkip;
      }
    }
  }
  const dX = projectBack(dA, p.weightIh, I);
  for (let i = 0; i < dX.length; i++) dX[i]! += dSkipped[i]!;
  const [first, count] = cell.bias;
  const dBiasIh = columnSums(dA, G).slice(first * H, (first + count) * H);
  return { dX, dState0, dWeightIh: weightGradient(dA, x, G, I), dWeightHh, dBiasIh };
}

/** The elements `width` apart of the `length` floats that hold element j of every block. */
function column(values: Float64Array, from: number, width: number, length: number): number[] {
  return Array.from({ length: length / width }, (_, k) => values[from + k * width]!);
}
