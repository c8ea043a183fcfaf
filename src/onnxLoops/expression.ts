import type { TensorData } from '../formats/onnx/tensor.ts';
import { GATES } from '../onnxOperators/gates.ts';
import type { Value } from '../onnxSession/value.ts';

/** Terms of a sum and factors of a product at most, and formulas inside of each other. */
export const MOST = 64;

/** A function of elements by the name that recurrent operators have for it. */
export interface Activation {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/** H columns of what one pass of a loop computes, as a formula. */
export type Expression =
  /** A state before (`old`) or after the pass. */
  | { readonly kind: 'old' | 'next'; readonly state: number }
  /** One step of a sequence: all of its columns. */
  | { readonly kind: 'step'; readonly sequence: Value }
  /** A row [H] from `at`, or one number for all of it. */
  | { readonly kind: 'constant'; readonly data: TensorData; readonly at: number }
  | { readonly kind: 'linear'; readonly of: Expression; readonly matrix: Matrix }
  | { readonly kind: 'sum'; readonly terms: readonly Term[] }
  | { readonly kind: 'product'; readonly factors: readonly Expression[] }
  | { readonly kind: 'function'; readonly of: Expression; readonly activation: Activation }
  | { readonly kind: 'other' };

/** A term of a sum. */
export interface Term {
  readonly sign: number;
  readonly of: Expression;
}

/** Element [i, j] of a product's right side is `scale · data[at + i · row + j · column]`. */
export interface Matrix {
  readonly data: TensorData;
  readonly rows: number;
  readonly at: number;
  readonly row: number;
  readonly column: number;
  readonly scale: number;
}

/** What no recurrent operator computes. */
export const OTHER: Expression = { kind: 'other' };

/** Whether two formulas are the same columns of the same value, or equal constants. */
export function same(a: Expression, b: Expression): boolean {
  return a === b || (a.kind === 'constant' && b.kind === 'constant' && a.at === b.at && a.data === b.data);
}

/** The number of a constant that is one. */
export function numberOf(e: Expression): number | undefined {
  return e.kind === 'constant' && e.data.length === 1 ? e.data[0] : undefined;
}

/** Terms of a sum, or the only one. */
export function termsOf(e: Expression): readonly Term[] {
  return e.kind === 'sum' ? e.terms : [{ sign: 1, of: e }];
}

/** The same with the other sign. */
export function negative({ sign, of }: Term): Term {
  return { sign: -sign, of };
}

/** A number. */
export function one(value: number): Expression {
  return { kind: 'constant', data: Float32Array.of(value), at: 0 };
}

/** A row that is the same for all rows of the batch. */
export function constant(value: Value, data: TensorData, at: number, columns: number): Expression {
  if (data.length === 1) return { kind: 'constant', data, at: 0 };
  const width = value.shape.at(-1) ?? 0;
  return value.size === width && at + columns <= width ? { kind: 'constant', data, at } : OTHER;
}

/** A sum of terms. */
export function sum(terms: readonly Term[]): Expression {
  if (terms.length > MOST || terms.some(({ of }) => of.kind === 'other')) return OTHER;
  return terms.length === 1 && terms[0]!.sign === 1 ? terms[0]!.of : { kind: 'sum', terms };
}

/** x · σ(x) and the like are functions of x. */
export function product(given: readonly Expression[]): Expression {
  const all = given.flatMap((e) => (e.kind === 'product' ? e.factors : [e]));
  const factors = all.filter((e) => numberOf(e) !== 1);
  if (factors.length < 2) return factors[0] ?? one(1);
  if (factors.length > MOST || factors.some(({ kind }) => kind === 'other')) return OTHER;
  const [a, b] = factors;
  for (const [x, f] of [
    [a!, b!],
    [b!, a!],
  ] as const) {
    if (factors.length !== 2 || f.kind !== 'function') continue;
    const k = numberOf(x);
    if (k !== undefined) {
      const { slope, by, rest } = scaled(f.of);
      if (f.activation.name === 'tanh' && by === 0) return activation(rest, 'scaledtanh', k, slope);
      // relu6(x + 3) / 6
      if (f.activation.name === 'relu6' && Math.abs(6 * k - 1) < 1e-6)
        return activation(rest, 'hardsigmoid', slope * k, by * k);
    }
    if (f.activation.name === 'sigmoid' && same(f.of, x)) return activation(x, 'silu');
    const inner = f.of;
    if (
      f.activation.name === 'tanh' &&
      inner.kind === 'function' &&
      inner.activation.name === 'softplus' &&
      same(inner.of, x)
    )
      return activation(x, 'mish');
  }
  return { kind: 'product', factors };
}

/** A function with its numbers, or the usual ones. */
export function activation(
  of: Expression,
  name: string,
  alpha?: number | undefined,
  beta?: number | undefined,
): Expression {
  if (of.kind === 'other') return OTHER;
  const usual = GATES[name] ?? [];
  return {
    kind: 'function',
    of,
    activation: { name, alpha: alpha ?? usual[0] ?? 0, beta: beta ?? usual[1] ?? 0 },
  };
}

/** What lies between two bounds, if a function has them. */
export function clipped(of: Expression, low: number, high: number): Expression {
  // one bound after the other
  if (of.kind === 'function' && of.activation.name === 'bounds') {
    const { alpha, beta } = of.activation;
    return clipped(of.of, Math.max(low, alpha), Math.min(high, beta));
  }
  if (of.kind === 'function' && of.activation.name === 'relu' && low <= 0) return clipped(of.of, 0, high);
  if (low === 0 && high === Number.POSITIVE_INFINITY) return activation(of, 'relu');
  if (low === 0 && high === 6) return activation(of, 'relu6');
  if (low === 0 && high === 1) {
    const { slope, by, rest } = scaled(of);
    return activation(rest, 'hardsigmoid', slope, by);
  }
  return activation(of, 'bounds', low, high);
}

/** αx + β with numbers α and β. */
function scaled(e: Expression): { slope: number; by: number; rest: Expression } {
  let by = 0;
  const rest: Term[] = [];
  for (const term of termsOf(e)) {
    const value = numberOf(term.of);
    if (value === undefined) rest.push(term);
    else by += term.sign * value;
  }
  const [only] = rest;
  if (rest.length !== 1 || only!.of.kind !== 'product') return { slope: 1, by, rest: sum(rest) };
  const { factors } = only!.of;
  const k = factors.findIndex((factor) => numberOf(factor) !== undefined);
  if (factors.length !== 2 || k < 0) return { slope: 1, by, rest: sum(rest) };
  return { slope: only!.sign * numberOf(factors[k]!)!, by, rest: factors[1 - k]! };
}
