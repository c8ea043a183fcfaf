import type { TensorData } from '../formats/onnx/tensor.ts';
import { type Activation, type Expression, type Matrix, numberOf, same, termsOf } from './expression.ts';

/** A row of H numbers from `at`, or one number. */
export interface Row {
  readonly sign: number;
  readonly data: TensorData;
  readonly at: number;
}

/** A product with a matrix; without one what is multiplied is added as it is. */
export interface Linear {
  readonly sign: number;
  readonly of: Expression;
  readonly matrix: Matrix | undefined;
}

/** What a gate's function takes. */
interface Sums {
  readonly inputs: readonly Linear[];
  readonly recurrent: readonly Linear[];
  readonly bias: readonly Row[];
  /** Biases that the reset gate multiplies. */
  readonly inner: readonly Row[];
  readonly peephole: readonly Row[];
}

/** A gate: its function, and what that takes. */
export interface Gate extends Sums {
  readonly activation: Activation;
}

/** A recurrent cell in one pass of a loop. */
export interface Cell {
  readonly kind: 'RNN' | 'GRU' | 'LSTM';
  /** Its states. */
  readonly h: number;
  readonly c: number | undefined;
  /** In ONNX's order: i o f c, z r h. */
  readonly gates: readonly Gate[];
  /** In ONNX's order: f g h, f g. */
  readonly activations: readonly Activation[];
  readonly resetAfter: boolean;
}

const IDENTITY: Activation = { name: 'affine', alpha: 1, beta: 0 };

/** The cell state that a gate reads by its peephole. */
type Peephole = Extract<Expression, { kind: 'old' | 'next' }>;

/** The sums of a gate: products with the input and with h, rows, c times a row. */
function sumsOf(e: Expression, h: number, c?: Peephole): Sums | undefined {
  const inputs: Linear[] = [];
  const recurrent: Linear[] = [];
  const bias: Row[] = [];
  const peephole: Row[] = [];
  for (const { sign, of } of termsOf(e)) {
    const linear = of.kind === 'linear' ? { sign, ...of } : { sign, of, matrix: undefined };
    const source = linear.of;
    if (of.kind === 'constant') bias.push({ sign, data: of.data, at: of.at });
    else if (source.kind === 'step' || (source.kind === 'next' && source.state !== c?.state))
      inputs.push(linear);
    else if (source.kind === 'old' && source.state === h && linear.matrix) recurrent.push(linear);
    else if (of.kind === 'product' && of.factors.length === 2) {
      const [a, b] = of.factors as [Expression, Expression];
      const [row, cell] = a.kind === 'constant' ? [a, b] : [b, a];
      if (row.kind !== 'constant' || !c || !isState(cell, c.kind, c.state)) return undefined;
      peephole.push({ sign, data: row.data, at: row.at });
    } else return undefined;
  }
  return { inputs, recurrent, bias, peephole, inner: [] };
}

function inside(e: Expression): { of: Expression; activation: Activation } {
  return e.kind === 'function' ? e : { of: e, activation: IDENTITY };
}

function gateOf(e: Expression, h: number, c?: Peephole): Gate | undefined {
  const { of, activation } = inside(e);
  const sums = sumsOf(of, h, c);
  return sums && { activation, ...sums };
}

function alike(a: Activation, b: Activation): boolean {
  return a.name === b.name && a.alpha === b.alpha && a.beta === b.beta;
}

function isState(e: Expression, kind: 'old' | 'next', state: number): boolean {
  return e.kind === kind && e.state === state;
}

function factorsOf(e: Expression): readonly Expression[] {
  return e.kind === 'product' ? e.factors : [e];
}

/** c′ = f · c + i · g, h′ = o · φ(c′). */
export function lstmOf(h: number, c: number, hNext: Expression, cNext: Expression): Cell | undefined {
  const out = factorsOf(hNext);
  const terms = termsOf(cNext);
  if (out.length !== 2 || terms.length !== 2 || terms.some(({ sign }) => sign < 0)) return undefined;
  const k = out.findIndex((e) => isState(inside(e).of, 'next', c));
  if (k < 0) return undefined;
  const parts = terms.map(({ of }) => factorsOf(of));
  if (parts.some(({ length }) => length !== 2)) return undefined;
  const keep = parts.findIndex((part) => part.some((e) => isState(e, 'old', c)));
  if (keep < 0) return undefined;
  const forget = parts[keep]!.find((e) => !isState(e, 'old', c));
  const [a, b] = parts[1 - keep]! as [Expression, Expression];
  const [before, after] = [{ kind: 'old', state: c } as const, { kind: 'next', state: c } as const];
  const [f, o] = [forget && gateOf(forget, h, before), gateOf(out[1 - k]!, h, after)];
  if (!f || !o) return undefined;
  for (const [first, second] of [
    [a, b],
    [b, a],
  ] as const) {
    const [i, g] = [gateOf(first, h, before), gateOf(second, h, before)];
    if (!i || !g || g.peephole.length || ![i, o].every((gate) => alike(gate.activation, f.activation)))
      continue;
    const activations = [f.activation, g.activation, inside(out[k]!).activation];
    return { kind: 'LSTM', h, c, gates: [i, o, f, g], activations, resetAfter: false };
  }
  return undefined;
}

interface Monomial {
  readonly sign: number;
  readonly factors: readonly Expression[];
}

/** Products of z, h and n, multiplied out; numbers that are 1 are left out. */
function monomials(e: Expression): Monomial[] {
  return termsOf(e).flatMap(({ sign, of }) => {
    let all: Monomial[] = [{ sign, factors: [] }];
    for (const factor of factorsOf(of)) {
      const simple = termsOf(factor).every(
        (t) => t.of.kind === 'function' || t.of.kind === 'old' || numberOf(t.of) !== undefined,
      );
      const terms = simple ? termsOf(factor) : [{ sign: 1, of: factor }];
      if (all.length * terms.length > 8) return [];
      all = all.flatMap((m) =>
        terms.map((t) => ({
          sign: m.sign * t.sign,
          factors: numberOf(t.of) === 1 ? m.factors : [...m.factors, t.of],
        })),
      );
    }
    return all;
  });
}

/** h′ = z · h + (1 − z) · n, however it is written; with 1 − z in place of z the gate is turned. */
export function gruOf(h: number, next: Expression): Cell | undefined {
  const all = monomials(next);
  if (all.length !== 3) return undefined;
  const isOld = (e: Expression) => isState(e, 'old', h);
  const single = all.find(({ factors }) => factors.length === 1);
  const pairs = all.filter(({ factors }) => factors.length === 2);
  const withH = pairs.find(({ factors }) => factors.some(isOld));
  const withN = pairs.find((pair) => pair !== withH);
  if (!single || !withH || !withN || single.sign < 0) return undefined;
  const z = withH.factors.find((e) => !isOld(e))!;
  const n = withN.factors.find((e) => !same(e, z));
  if (!n || !withN.factors.includes(z) || withH.sign * withN.sign > 0) return undefined;
  // n − z · n + z · h, or h − z · h + z · n
  const turned = isOld(single.factors[0]!);
  if ((turned ? withN : withH).sign < 0 || !(turned || same(single.factors[0]!, n))) return undefined;
  let update = gateOf(z, h);
  if (!update) return undefined;
  if (turned) {
    const { name, beta } = update.activation;
    if (name !== 'sigmoid' && !(name === 'hardsigmoid' && beta === 0.5)) return undefined;
    update = negated(update);
  }
  return withReset(h, update, n);
}

/** A gate that gives 1 less what it gives. */
function negated({ inputs, recurrent, bias, ...rest }: Gate): Gate {
  const turn = <T extends { readonly sign: number }>(all: readonly T[]): T[] =>
    all.map((own) => ({ ...own, sign: -own.sign }));
  return { ...rest, inputs: turn(inputs), recurrent: turn(recurrent), bias: turn(bias) };
}

/** n: the reset gate multiplies h's product with its bias, or h itself. */
function withReset(h: number, update: Gate, n: Expression): Cell | undefined {
  const { of, activation } = inside(n);
  const terms = termsOf(of);
  const isReset = (e: Expression) => e.kind === 'product' && e.factors.length === 2;
  const k = terms.findIndex((t) => isReset(t.of) || (t.of.kind === 'linear' && isReset(t.of.of)));
  if (k < 0) return undefined;
  const { sign, of: held } = terms[k]!;
  const rest = sumsOf({ kind: 'sum', terms: terms.toSpliced(k, 1) }, h);
  if (!rest || rest.recurrent.length || sign < 0) return undefined;
  const resetAfter = held.kind === 'product';
  const product = held.kind === 'linear' ? held.of : held;
  for (const [r, other] of [factorsOf(product), factorsOf(product).toReversed()] as [
    Expression,
    Expression,
  ][]) {
    const reset = gateOf(r, h);
    if (!reset || r.kind !== 'function' || !alike(reset.activation, update.activation)) continue;
    const own = { activation, ...rest };
    const common = {
      kind: 'GRU',
      h,
      c: undefined,
      activations: [update.activation, activation],
      resetAfter,
    } as const;
    if (held.kind === 'linear') {
      if (!isState(other, 'old', h)) continue;
      const recurrent = [{ sign, of: other, matrix: held.matrix }];
      return { ...common, gates: [update, reset, { ...own, recurrent }] };
    }
    const inner = sumsOf(other, h);
    if (!inner || inner.inputs.length) continue;
    const gate = { ...own, recurrent: inner.recurrent, inner: inner.bias };
    return { ...common, gates: [update, reset, gate] };
  }
  return undefined;
}

/** h′ = φ(W x + R h). */
export function rnnOf(h: number, next: Expression): Cell | undefined {
  const gate = gateOf(next, h);
  return (
    gate && { kind: 'RNN', h, c: undefined, gates: [gate], activations: [gate.activation], resetAfter: false }
  );
}
