import type { Activation } from '../activations.ts';
import { ShapeError } from '../errors.ts';
import { bound } from './pascanu.ts';
import type { Spectrum } from './spectrum.ts';
import { judge, type Verdict } from './verdict.ts';

/** In which order a pass takes the steps. */
export type Direction = 'forward' | 'reverse';

/** Numbers a step of `FlowInput.raw`. */
const COLUMNS = 3;

/** One gate, or the one block of an RNN. */
export interface GateInput {
  /** Such as `i`, or `h` of an RNN. */
  readonly gate: string;
  /** φ of the gate. */
  readonly activation: Activation;
  /** Share 0..1 of its units that are saturated, over all steps and rows; left out of an activation without bounds. */
  readonly saturated?: number | undefined;
  /** Of its block of weight_hh; left out where the cell has none. */
  readonly spectrum?: Spectrum | undefined;
}

/** What a backward pass tells of one layer and direction. */
export interface FlowInput {
  /** Counted over all recurrent layers from the input. */
  readonly layer: number;
  readonly direction: Direction;
  /**
   * [T, 3] in the order of time: ‖∂L/∂h_t‖ with what the output at t brings; the joint norm of the gradient by all
   * states (h, and c) at t; the joint norm of what step t passes on through the recurrence, to t − 1 or, in the reverse
   * direction, t + 1.
   */
  readonly raw: Float32Array;
  readonly gates: readonly GateInput[];
}

/** Where the first number that is not finite was found. */
export interface NonFinite {
  /** Counted over all recurrent layers from the input. */
  readonly layer: number;
  /** Of the pass. */
  readonly direction: Direction;
  /** From 0. */
  readonly step: number;
  /** Such as `i`. */
  readonly gate: string;
  /** Such as `NaN` or `Infinity`. */
  readonly what: string;
}

/** What a step tells of one gate. */
export interface GateFlow extends GateInput {
  /** What σ_max says (Pascanu et al. 2013), in words; left out where there is no spectrum. */
  readonly bound?: string | undefined;
}

/** How the gradient went through one layer and direction. JSON has null for numbers that are not finite. */
export interface LayerFlow {
  /** Counted over all recurrent layers from the input. */
  readonly layer: number;
  /** Of the pass. */
  readonly direction: Direction;
  /** ‖∂L/∂h_t‖ for t = 0..T−1; of rows of their own lengths t counts those of their steps that are there. */
  readonly hNorm: number[];
  /** Norm passed on over norm that came, for t = 0..T−1; null where no gradient came. */
  readonly ratio: (number | null)[];
  /** Geometric mean of the ratios above 0; 0 where nothing is passed on, null where no gradient came or one isn't finite. */
  readonly meanRatio: number | null;
  /** Steps after which 1/e is left, −1 / ln(meanRatio); Infinity from 1 on; null with meanRatio. */
  readonly memory: number | null;
  /** Share of a gradient that is left after the T steps: the product of the ratios, null with meanRatio. */
  readonly share: number | null;
  /** Gate by gate. */
  readonly gates: GateFlow[];
  /** Mean of the gates' saturated shares; 0 without any. */
  readonly saturated: number;
  /** The judgement of `share`. */
  readonly verdict: Verdict;
  /** Why, in words. */
  readonly reason: string;
}

/**
 * How a gradient flowed. With a loss at each step new gradient comes in everywhere, most of which may soon fade: how far
 * back it reaches is told best by a loss that counts at the last step alone.
 */
export interface Flow {
  /** A layer and direction each, from the input. */
  readonly layers: LayerFlow[];
  /** Left out where all numbers are finite. */
  readonly nonFinite?: NonFinite | undefined;
}

/**
 * Judges how gradients flow through recurrent layers, from raw norms.
 * @throws {ShapeError} raw numbers that are no [T, 3] with T of at least 1
 */
export function summarize(inputs: readonly FlowInput[], nonFinite?: NonFinite): Flow {
  return {
    layers: inputs.map((input) => summarizeLayer(input, nonFinite)),
    ...(nonFinite ? { nonFinite } : {}),
  };
}

function summarizeLayer({ layer, direction, raw, gates }: FlowInput, nonFinite?: NonFinite): LayerFlow {
  if (raw.length === 0 || raw.length % COLUMNS) {
    throw new ShapeError('raw', '[T, 3] with T of at least 1', `${raw.length} numbers`);
  }
  const column = (k: number) => Array.from({ length: raw.length / COLUMNS }, (_, t) => raw[t * COLUMNS + k]!);
  const [hNorm, came, passed] = [column(0), column(1), column(2)];
  const ratio = came.map((norm, t) => (norm === 0 ? null : passed[t]! / norm));
  const here = nonFinite?.layer === layer && nonFinite.direction === direction ? nonFinite : undefined;
  const bad = raw.findIndex((x) => !Number.isFinite(x));
  const carried = bad < 0 ? carry(ratio) : { meanRatio: null, memory: null, share: null };
  return {
    layer,
    direction,
    hNorm,
    ratio,
    ...carried,
    gates: gates.map((gate) =>
      gate.spectrum ? { ...gate, bound: bound(gate.spectrum, gate.activation) } : { ...gate },
    ),
    saturated: mean(gates.flatMap(({ saturated }) => saturated ?? [])),
    ...judge({
      ...carried,
      steps: hNorm.length,
      nonFinite: here,
      badStep: bad < 0 ? undefined : Math.floor(bad / COLUMNS),
    }),
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / (numbers.length || 1);
}

/** Mean, reach and product of the ratios. */
function carry(ratios: readonly (number | null)[]): Pick<LayerFlow, 'meanRatio' | 'memory' | 'share'> {
  const known = ratios.filter((ratio) => ratio !== null);
  if (known.length === 0) return { meanRatio: null, memory: null, share: null };
  const kept = known.filter((ratio) => ratio > 0);
  if (kept.length === 0) return { meanRatio: 0, memory: 0, share: 0 };
  const log = kept.reduce((sum, ratio) => sum + Math.log(ratio), 0) / kept.length;
  return {
    meanRatio: Math.exp(log),
    memory: log < 0 ? -1 / log : Number.POSITIVE_INFINITY,
    share: kept.length < known.length ? 0 : Math.exp(log * ratios.length),
  };
}
