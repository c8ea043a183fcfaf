import type { Activation } from '../activations.ts';
import { ShapeError } from '../errors.ts';
import { bound } from './pascanu.ts';
import type { Spectrum } from './spectrum.ts';
import { judge, type Verdict } from './verdict.ts';

/** Order in which a pass processes the steps. */
export type Direction = 'forward' | 'reverse';

/** Numbers per step of `FlowInput.raw`. */
const COLUMNS = 3;

/** One gate, or the one block of an RNN. */
export interface GateInput {
  /** Name, such as `i`, or `h` for an RNN. */
  readonly gate: string;
  /** The gate's activation φ. */
  readonly activation: Activation;
  /** Fraction 0..1 of saturated units over all steps and rows; undefined if the activation is unbounded. */
  readonly saturated?: number | undefined;
  /** Spectrum of its block of weight_hh; undefined if the cell has none. */
  readonly spectrum?: Spectrum | undefined;
}

/** Measurements of a backward pass through one layer and direction. */
export interface FlowInput {
  /** Index of the recurrent layer, counted from the input. */
  readonly layer: number;
  readonly direction: Direction;
  /**
   * [T, 3] in order of time: ‖∂L/∂h_t‖ including the gradient from the output at t; the joint norm of the gradient
   * with respect to all states (h and c) at t; the joint norm of the gradient that step t passes through the
   * recurrence, to t − 1 or, in the reverse direction, to t + 1.
   */
  readonly raw: Float32Array;
  readonly gates: readonly GateInput[];
}

/** Where the first non-finite number was found. */
export interface NonFinite {
  /** Index of the recurrent layer, counted from the input. */
  readonly layer: number;
  /** Direction of the pass. */
  readonly direction: Direction;
  /** Time step, from 0. */
  readonly step: number;
  /** Such as `i`. */
  readonly gate: string;
  /** The value: `NaN`, `Infinity` or `-Infinity`. */
  readonly what: string;
}

/** Flow through one gate. */
export interface GateFlow extends GateInput {
  /** Interpretation of σ_max (Pascanu et al. 2013); undefined without a spectrum. */
  readonly bound?: string | undefined;
}

/** How the gradient flowed through one layer and direction. In JSON, numbers that are not finite are null. */
export interface LayerFlow {
  /** Index of the recurrent layer, counted from the input. */
  readonly layer: number;
  /** Direction of the pass. */
  readonly direction: Direction;
  /**
   * ‖∂L/∂h_t‖ for t = 0..T−1; with lengths or a mask, t counts each row's valid steps from its first one, in the reverse
   * direction to its last one, which is T−1.
   */
  readonly hNorm: number[];
  /** Ratio of the norm passed on to the norm received, for t = 0..T−1; null if no gradient was received. */
  readonly ratio: (number | null)[];
  /**
   * Geometric mean of the ratios above 0; 0 if nothing is passed on; null if no gradient was received or one is not
   * finite.
   */
  readonly meanRatio: number | null;
  /**
   * Number of steps after which 1/e of the gradient is left, −1 / ln(meanRatio); Infinity if meanRatio >= 1; null if
   * meanRatio is null.
   */
  readonly memory: number | null;
  /** Fraction of the gradient left after T steps: the product of the ratios; null if meanRatio is null. */
  readonly share: number | null;
  /** Flow through each gate. */
  readonly gates: GateFlow[];
  /** Mean saturated fraction of the gates; 0 if there are none. */
  readonly saturated: number;
  /** Verdict on `share`. */
  readonly verdict: Verdict;
  /** Reason for the verdict. */
  readonly reason: string;
}

/**
 * How a gradient flowed through the recurrent layers. A loss at every step adds gradient at every step; to see how
 * far back the gradient reaches, use a loss at the last step only.
 */
export interface Flow {
  /** One entry per layer and direction, from the input. */
  readonly layers: LayerFlow[];
  /** Undefined if all numbers are finite. */
  readonly nonFinite?: NonFinite | undefined;
}

/**
 * Summarizes gradient flow through recurrent layers from raw norms.
 * @throws {ShapeError} if `raw` is not [T, 3] with T at least 1
 */
export function summarize(inputs: readonly FlowInput[], nonFinite?: NonFinite): Flow {
  return {
    layers: inputs.map((input) => summarizeLayer(input, nonFinite)),
    ...(nonFinite ? { nonFinite } : {}),
  };
}

function summarizeLayer({ layer, direction, raw, gates }: FlowInput, nonFinite?: NonFinite): LayerFlow {
  if (raw.length === 0 || raw.length % COLUMNS) {
    throw new ShapeError('raw', '[T, 3] with T at least 1', `${raw.length} numbers`);
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
