import { type CellContext, cells } from './cells.ts';
import {
  type ConfigurableCell,
  checkOptions,
  layerInput,
  outputWidth,
  parameterShapes,
  suffixes,
} from './parameters.ts';
import type { Tensors } from './stack.ts';
import { type Node, Tape } from './tape.ts';

/** What a run is given beside its parameters. Lists are indexed by layer·D + direction. */
export interface ConfigurableOptions {
  /** [L·D, B, out]; default zeros. No such state: sru. */
  h0?: Float64Array | undefined;
  /** [L·D, B, H]; default zeros. lstm and sru alone. */
  c0?: Float64Array | undefined;
  /** [B], any order; default all T. The reverse direction starts at a row's own last step. */
  lengths?: ArrayLike<number> | undefined;
  /** Each [B, layer's input]: multiplies x at all steps, wherever the cell uses it. */
  inputDropout?: readonly Float64Array[];
  /** Each [B, out]: multiplies h(t−1) at all steps as the gates see it, not where it is carried on. */
  recurrentDropout?: readonly Float64Array[];
  /** Each [B, out]: multiplies h(t−1) at all steps wherever it is used. */
  stateMask?: readonly Float64Array[];
  /**
   * state = m⊙previous + (1 − m)⊙new; a number is m's expectation for all. Masks for h each [T, B, out], for c
   * (lstm) [T, B, H], in the order of the input's steps. The new h follows from the new c (arXiv 1606.01305).
   */
  zoneout?: { h?: number | readonly Float64Array[]; c?: number | readonly Float64Array[] };
  /** dL/dh(t) (sru: dL/dc(t)), all that arrives, is scaled to this 2-norm where a row's is greater. */
  stepClip?: number;
}

/** A step of a layer in a direction, with the rows whose length reaches it. */
export interface StepRecord {
  time: number;
  rows: readonly number[];
  /** value h(t), grad dL/dh(t) before it is clipped, once `backward` has run; [rows, out] */
  h: Node;
}

export interface ConfigurableRun {
  /** [T, B, width]; zeros past a length */
  output: Float64Array;
  /** [L·D, B, out]; empty for sru */
  hN: Float64Array;
  /** [L·D, B, H]; empty unless lstm or sru */
  cN: Float64Array;
  /** Of layer·D + direction, in the order in which the steps ran. */
  steps: StepRecord[][];
  /** Gradients of Σ output·up.output + Σ hN·up.hN + Σ cN·up.cN: `input`, `h_0`, `c_0`, parameters by name. */
  backward(up: { output?: Float64Array; hN?: Float64Array; cN?: Float64Array }): Tensors;
}

/** input [T, B, I]; parameters as `parameterShapes` names them. */
export function runConfigurable(
  config: ConfigurableCell,
  params: Tensors,
  input: Float64Array,
  options: ConfigurableOptions = {},
): ConfigurableRun {
  checkOptions(config);
  const { cell, batch: B, inputSize, hiddenSize: H, heads = 1 } = config;
  const out = config.projSize || H;
  const T = input.length / (B * inputSize);
  const D = config.bidirectional ? 2 : 1;
  const names = suffixes(config);
  const {
    lengths = new Array<number>(B).fill(T),
    inputDropout,
    recurrentDropout,
    stateMask,
    zoneout,
    stepClip,
  } = options;
  const hasH = cell !== 'sru';
  const hasC = cell === 'lstm' || cell === 'sru';
  if (recurrentDropout && !['rnn', 'lstm', 'gru', 'indrnn'].includes(cell)) {
    throw new Error(`${cell} has no recurrentDropout`);
  }
  if ((zoneout?.h !== undefined && !hasH) || (zoneout?.c !== undefined && cell !== 'lstm')) {
    throw new Error(`${cell} has no such zoneout`);
  }

  const tape = new Tape();
  const shapes = parameterShapes(config);
  if (Object.keys(shapes).sort().join() !== Object.keys(params).sort().join()) {
    throw new Error(`parameters ${Object.keys(params)} are not ${Object.keys(shapes)}`);
  }
  const leaves: Record<string, Node> = {};
  for (const [name, [rows, cols]] of Object.entries(shapes))
    leaves[name] = tape.leaf(params[name]!, rows, cols);
  const split = (a: Float64Array, parts: number, cols: number) =>
    Array.from({ length: parts }, (_, p) => tape.leaf(a.slice(p * B * cols, (p + 1) * B * cols), B, cols));
  const states = (given: Float64Array | undefined, cols: number) =>
    split(given ?? new Float64Array(names.length * B * cols), names.length, cols);

  const x = split(input, T, inputSize);
  const h0 = hasH ? states(options.h0, out) : [];
  const c0 = hasC ? states(options.c0, H) : [];
  const hN: Node[] = [];
  const cN: Node[] = [];
  const steps: StepRecord[][] = [];

  /** One layer in one direction over `sequence`, T × [B, I]: T × [B, out]. */
  function direction(index: number, sequence: readonly Node[]): Node[] {
    const k = names[index]!;
    const compact = leaves[`weight_hh_${k}`];
    const weightHh = heads > 1 ? tape.blockDiagonal(compact!, H, heads) : compact;
    const get = (name: string) => (name === 'weight_hh' ? weightHh : leaves[`${name}_${k}`]);
    const limited = (a: Node) => (stepClip === undefined ? a : tape.clipGradient(a, stepClip));
    const context: CellContext = { tape, config, get, limited };
    const constant = (list: readonly Float64Array[] | undefined, cols: number) =>
      list && tape.leaf(list[index]!, B, cols);
    const inputMask = constant(inputDropout, layerInput(config, Math.floor(index / D)));
    const recurrentMask = constant(recurrentDropout, out);
    const mask = constant(stateMask, out);
    let h = h0[index];
    let c = c0[index];
    const ys: Node[] = [];
    const records: StepRecord[] = [];
    for (let s = 0; s < T; s++) {
      const time = D === 2 && index % 2 === 1 ? T - 1 - s : s;
      const rows = Array.from({ length: B }, (_, b) => b).filter((b) => lengths[b]! > time);
      const pick = <N extends Node | undefined>(a: N) => (a && rows.length < B ? tape.rows(a, rows) : a) as N;
      const put = (base: Node, a: Node) => (rows.length < B ? tape.replaceRows(base, rows, a) : a);
      const masked = <N extends Node | undefined>(a: N, mask: Node | undefined) =>
        (a && mask ? tape.mul(a, pick(mask)) : a) as N;
      const zoned = (old: Node, next: Node, given: number | readonly Float64Array[] | undefined) => {
        if (given === undefined) return next;
        const size = B * next.cols;
        const values =
          typeof given === 'number'
            ? new Float64Array(size).fill(given)
            : given[index]!.slice(time * size, (time + 1) * size);
        const m = pick(tape.leaf(values, B, next.cols));
        return tape.add(tape.mul(old, m), tape.mul(next, tape.complement(m)));
      };
      const before = { h: masked(pick(h), mask), c: pick(c) };
      const next = cells[cell](context, {
        ...before,
        x: masked(pick(sequence[time]!), inputMask),
        seen: masked(before.h, recurrentMask),
      });
      let shown = before.h ? zoned(before.h, next.h, zoneout?.h) : next.h;
      if (hasH) shown = limited(shown);
      if (h) h = put(h, shown);
      if (c) c = put(c, zoned(before.c!, next.c!, zoneout?.c));
      ys[time] = put(tape.leaf(new Float64Array(B * out), B, out), shown);
      records.push({ time, rows, h: shown });
    }
    if (h) hN.push(h);
    if (c) cN.push(c);
    steps.push(records);
    return ys;
  }

  function merged(a: Node, b: Node): Node {
    const { merge = 'concat' } = config;
    if (merge === 'concat') return tape.concat(a, b);
    if (merge === 'mul') return tape.mul(a, b);
    const sum = tape.add(a, b);
    return merge === 'ave' ? tape.activate(sum, { name: 'affine', alpha: 0.5, beta: 0 }) : sum;
  }

  let sequence = x;
  for (let index = 0; index < names.length; index += D) {
    const forward = direction(index, sequence);
    const reverse = D === 2 ? direction(index + 1, sequence) : undefined;
    sequence = reverse ? forward.map((a, t) => merged(a, reverse[t]!)) : forward;
  }

  return {
    output: joined(sequence.map((a) => a.value)),
    hN: joined(hN.map((a) => a.value)),
    cN: joined(cN.map((a) => a.value)),
    steps,
    backward(up) {
      const seeds = (nodes: readonly Node[], values: Float64Array | undefined, cols: number) =>
        values ? nodes.map((a, i) => [a, values.subarray(i * B * cols, (i + 1) * B * cols)] as const) : [];
      tape.backward([
        ...seeds(sequence, up.output, outputWidth(config)),
        ...seeds(hN, up.hN, out),
        ...seeds(cN, up.cN, H),
      ]);
      const gradients: Tensors = { input: joined(x.map((a) => a.grad)) };
      if (hasH) gradients.h_0 = joined(h0.map((a) => a.grad));
      if (hasC) gradients.c_0 = joined(c0.map((a) => a.grad));
      for (const [name, leaf] of Object.entries(leaves)) gradients[name] = leaf.grad.slice();
      return gradients;
    },
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
