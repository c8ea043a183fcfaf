import { backwardWork, gruWork, lstmWork, rnnWork } from '../../src/memory/workspace.ts';
import { gather, scatterAdd } from '../reference/embedding.ts';
import * as gru from '../reference/gru.ts';
import * as lstm from '../reference/lstm.ts';
import { generator, uniform } from '../reference/random.ts';
import * as rnn from '../reference/rnn.ts';
import { rounded } from './closeness.ts';
import { KernelCall } from './kernelCall.ts';
import { type BuildName, Sandbox } from './sandbox.ts';

export const cells = ['rnn tanh', 'rnn relu', 'lstm', 'gru'] as const;
export type Cell = (typeof cells)[number];

export interface Shape {
  T: number;
  B: number;
  I: number;
  H: number;
  /** Rows of a table whose rows are the input; default 0: the input is x itself. */
  V?: number;
  /** Default true; else the pointers of biases and of their gradients are 0. */
  bias?: boolean;
  /** Default true; else the initial states are zeros. */
  initial?: boolean;
  /** Default true; else the pointer is 0. */
  dy?: boolean;
  /** Default true; else the pointer is 0. */
  dx?: boolean;
  /** Weights are uniform in ±scale/√k, k their row's length. Default 1.5. */
  scale?: number;
  /** What the gradients of the parameters are added to is uniform in ±accumulated. Default 0.5. */
  accumulated?: number;
}

/** A kernel's tensors by name, shapes as stated in assembly/sequence/. */
export type Tensors = Record<string, Float32Array>;
export type Expected = Record<string, Float64Array>;

export interface Problem {
  cell: Cell;
  shape: Shape;
  /** Float32 values: x, wIh, wHh, bIh, bHh, h0, c0, dy, dhN, dcN; dwIh, dwHh, dbIh, dbHh before the call. */
  given: Record<string, Float64Array>;
  /** With V: x are rows index [T, B] of table; dTable is its gradient before the call. */
  lookup?: { index: Int32Array; table: Float64Array; dTable: Float64Array };
}

const gateCount = { 'rnn tanh': 1, 'rnn relu': 1, lstm: 4, gru: 3 };

export function problem(cell: Cell, shape: Shape, seed: number): Problem {
  const { T, B, I, H, V = 0, initial = true, scale = 1.5, accumulated = 0.5 } = shape;
  const G = gateCount[cell] * H;
  const next = generator(seed);
  const some = (length: number, size = 1) => rounded(uniform(next, length, size));
  const size = scale / Math.sqrt(H);
  const given = {
    x: some(T * B * I),
    wIh: some(G * I, scale / Math.sqrt(I)),
    wHh: some(G * H, size),
    bIh: some(G, size),
    bHh: some(G, size),
    h0: some(B * H, initial ? 0.8 : 0),
    c0: some(B * H, initial ? 1.2 : 0),
    dy: some(T * B * H),
    dhN: some(B * H),
    dcN: some(B * H),
    dwIh: some(G * I, accumulated),
    dwHh: some(G * H, accumulated),
    dbIh: some(G, accumulated),
    dbHh: some(G, accumulated),
  };
  if (!V) return { cell, shape, given };
  const index = Int32Array.from({ length: T * B }, () => Math.floor(next() * V));
  const table = some(V * I);
  given.x = gather(table, index, I);
  return { cell, shape, given, lookup: { index, table, dTable: some(V * I, accumulated) } };
}

/** The same problem without a table. */
export function direct({ cell, shape, given }: Problem): Problem {
  return { cell, shape: { ...shape, V: 0 }, given };
}

/** y, hN, cN; dx, dh, dc and, without what they are added to, dwIh, dwHh, dbIh, dbHh, dTable. */
export function reference(p: Problem): Expected {
  const found = referenceOfRows(p);
  const { I, V = 0 } = p.shape;
  if (p.lookup) found.dTable = scatterAdd(found.dx!, p.lookup.index, V, I);
  return found;
}

function referenceOfRows({ cell, shape, given: g }: Problem): Expected {
  const { I, H, bias = true, dy = true } = shape;
  const params = {
    inputSize: I,
    hiddenSize: H,
    weightIh: g.wIh!,
    weightHh: g.wHh!,
    biasIh: bias ? g.bIh : undefined,
    biasHh: bias ? g.bHh : undefined,
  };
  const upstream = dy ? g.dy! : new Float64Array(g.dy!.length);
  const found: Expected = {};
  if (cell === 'lstm') {
    const { output, hN, cN, saved } = lstm.forward(params, g.x!, g.h0!, g.c0!);
    const back = lstm.backward(params, saved, upstream, g.dhN!, g.dcN!);
    return Object.assign(found, { y: output, hN, cN, dc: back.dC0 }, renamed(back));
  }
  if (cell === 'gru') {
    const { output, hN, saved } = gru.forward(params, g.x!, g.h0!);
    return Object.assign(found, { y: output, hN }, renamed(gru.backward(params, saved, upstream, g.dhN!)));
  }
  const q: rnn.RnnParams = { ...params, nonlinearity: cell === 'rnn relu' ? 'relu' : 'tanh' };
  const { output, hN, saved } = rnn.forward(q, g.x!, g.h0!);
  return Object.assign(found, { y: output, hN }, renamed(rnn.backward(q, saved, upstream, g.dhN!)));
}

function renamed(g: ReturnType<typeof rnn.backward>): Expected {
  const { dX: dx, dH0: dh, dWeightIh: dwIh, dWeightHh: dwHh, dBiasIh: dbIh, dBiasHh: dbHh } = g;
  return { dx, dh, dwIh, dwHh, dbIh, dbHh };
}

class Call extends KernelCall {
  readonly head: readonly [T: number, B: number, I: number, H: number, V: number, sizes: number];
  readonly relu: number;
  readonly isLstm: boolean;
  readonly isRnn: boolean;
  readonly #lookup: Problem['lookup'];
  readonly #bias: boolean;

  constructor(build: BuildName, p: Problem, work: number, flush: string, rows: number) {
    const { cell, shape, given, lookup } = p;
    const { T, B, I, H, V = 0, bias = true } = shape;
    const G = 4 * H;
    const floats = V * (2 * I + 4 * H) + rows * (2 * I + 12 * H + 1) + 2 * G * (I + H + 4) + 8 * B * H;
    super(new Sandbox(build, floats * 4 + work), given, flush);
    this.isLstm = cell === 'lstm';
    this.isRnn = cell.startsWith('rnn');
    this.head = [T, B, I, H, V, 0];
    this.relu = cell === 'rnn relu' ? 1 : 0;
    this.#lookup = lookup;
    this.#bias = bias;
  }

  /** x, or a table and indices. */
  source(): [x: number, index: number] {
    if (!this.#lookup) return [this.input('x'), 0];
    const { table, index } = this.#lookup;
    return [this.input('table', table), this.indices('index', index)];
  }

  weights(): [wIh: number, wHh: number] {
    return [this.input('wIh'), this.input('wHh')];
  }

  biases(): [bIh: number, bHh: number] {
    return this.#bias ? [this.input('bIh'), this.input('bHh')] : [...NONE];
  }

  /** h0 or c0 followed by room for so many steps. */
  states(name: string, initial: Float64Array, steps: number): number {
    const values = new Float64Array(initial.length * (steps + 1)).fill(Number.NaN);
    values.set(initial);
    return this.output(name, values);
  }
}

/** Pointers of what meets the states: 0 for none. */
export type Input = [x: number, index: number, wIh: number, wHh: number, bIh: number, bHh: number];

const NONE = [0, 0] as const;

export interface Run {
  out: Tensors;
  /** The buffers of the call. */
  names: string[];
}

function forwardWork({ cell, shape: { I, H, V = 0 } }: Problem): number {
  return cell === 'lstm' ? lstmWork(I, H, V) : cell === 'gru' ? gruWork(I, H, V) : rnnWork(I, H, V);
}

/**
 * *_forward: y, hN, cN; then with `packed` on states of their own, and the weights (and a table) at poison: yAgain,
 * hNAgain, cNAgain.
 */
export function infer(build: BuildName, p: Problem, chunk = 1, flush = ''): Run {
  const { T, B, H } = p.shape;
  const bytes = forwardWork(p);
  const call = new Call(build, p, bytes, flush, (T + chunk) * B);
  const [x, index] = call.source();
  const weights = call.weights();
  const biases = call.biases();
  const gates = call.isRnn ? 0 : call.output('gates', chunk * B * 4 * H);
  const work = call.work(bytes);
  const out: Tensors = {};
  for (const packed of [0, 1]) {
    const suffix = packed ? 'Again' : '';
    const h = call.output(`h${suffix}`, p.given.h0!);
    const c = call.isLstm ? call.output(`c${suffix}`, p.given.c0!) : 0;
    const y = call.output(`y${suffix}`, T * B * H);
    const from = [packed && index ? 0 : x, index, ...(packed ? [0, 0] : weights), ...biases] as Input;
    const { head, relu } = call;
    call.sandbox.run((k) => {
      if (call.isLstm) k.lstm_forward(...head, ...from, h, c, y, gates, chunk, packed, work);
      else if (call.isRnn) k.rnn_forward(...head, relu, ...from, h, y, packed, work);
      else k.gru_forward(...head, ...from, h, y, gates, chunk, packed, work);
    });
    out[`y${suffix}`] = call.sandbox.read(y, T * B * H);
    out[`hN${suffix}`] = call.sandbox.read(h, B * H);
    if (call.isLstm) out[`cN${suffix}`] = call.sandbox.read(c, B * H);
  }
  return { out, names: call.names };
}

/** *_forward_train: h and c [T + 1, B, H], gates [T, B, 4H], an RNN's slope [T, B, H]. */
export function train(build: BuildName, p: Problem, flush = ''): Run {
  const { T, B, H } = p.shape;
  const bytes = forwardWork(p);
  const call = new Call(build, p, bytes, flush, T * B);
  const from: Input = [...call.source(), ...call.weights(), ...call.biases()];
  const h = call.states('h', p.given.h0!, T);
  const c = call.isLstm ? call.states('c', p.given.c0!, T) : 0;
  const width = call.isRnn ? H : 4 * H;
  const gates = call.output(call.isRnn ? 'slope' : 'gates', T * B * width);
  const work = call.work(bytes);
  const { head, relu, sandbox } = call;
  sandbox.run((k) => {
    if (call.isLstm) k.lstm_forward_train(...head, ...from, h, c, gates, work);
    else if (call.isRnn) k.rnn_forward_train(...head, relu, ...from, h, gates, work);
    else k.gru_forward_train(...head, ...from, h, gates, work);
  });
  const states = (T + 1) * B * H;
  const out: Tensors = {
    h: sandbox.read(h, states),
    ...(call.isLstm ? { c: sandbox.read(c, states) } : {}),
    [call.isRnn ? 'slope' : 'gates']: sandbox.read(gates, T * B * width),
  };
  return { out, names: call.names };
}

/** *_backward after `train`: da (gates after the call), dh, dc, dx or dTable, dwIh, dwHh, dbIh, dbHh. */
export function backward(build: BuildName, p: Problem, kept: Tensors, flush = ''): Run {
  const { T, B, I, H, V = 0, bias = true, dy = true, dx = true } = p.shape;
  const gates = gateCount[p.cell];
  const bytes = backwardWork(gates, T * B, I, H, V);
  const call = new Call(build, p, bytes, flush, T * B);
  const source = call.source();
  const weights = call.weights();
  const h = call.input('h', kept.h!);
  const c = call.isLstm ? call.input('c', kept.c!) : 0;
  const outputs: Record<string, [ptr: number, length: number]> = {};
  const output = (name: string, values: ArrayLike<number> | number) => {
    const ptr = call.output(name, values);
    outputs[name] = [ptr, typeof values === 'number' ? values : values.length];
    return ptr;
  };
  const da = output('da', call.isRnn ? kept.slope! : kept.gates!);
  const dyAt = dy ? call.input('dy') : 0;
  const dh = output('dh', p.given.dhN!);
  const dc = call.isLstm ? output('dc', p.given.dcN!) : 0;
  const into = () => (p.lookup ? output('dTable', p.lookup.dTable) : output('dx', T * B * I));
  const dxAt = dx ? into() : 0;
  const dw = [output('dwIh', p.given.dwIh!), output('dwHh', p.given.dwHh!)] as const;
  const db = bias ? ([output('dbIh', p.given.dbIh!), output('dbHh', p.given.dbHh!)] as const) : NONE;
  const dP = p.lookup ? call.output('dP', new Float64Array(V * gates * H)) : 0;
  const work = call.work(bytes);
  const from = [...call.head, ...source, ...weights] as const;
  const last = [dxAt, ...dw, ...db, dP, 1, 0, work] as const;
  call.sandbox.run((k) => {
    if (call.isLstm) k.lstm_backward(...from, h, c, da, dyAt, dh, dc, ...last);
    else if (call.isRnn) k.rnn_backward(...from, h, da, dyAt, dh, ...last);
    else k.gru_backward(...from, h, da, dyAt, dh, ...last);
  });
  const out: Tensors = {};
  for (const [name, [ptr, length]] of Object.entries(outputs)) out[name] = call.sandbox.read(ptr, length);
  return { out, names: call.names };
}

/** Rows b of a tensor [., B, width]. */
export function rowsOf(values: Float32Array, batch: number, width: number, b: number): Float32Array {
  const steps = values.length / (batch * width);
  const rows = new Float32Array(steps * width);
  for (let t = 0; t < steps; t++) {
    rows.set(values.subarray((t * batch + b) * width, (t * batch + b + 1) * width), t * width);
  }
  return rows;
}
