import { scanBackwardWork, scanWork } from '../../src/memory/workspace.ts';
import {
  SCAN_INDRNN_RELU,
  SCAN_INDRNN_TANH,
  SCAN_MINGRU,
  SCAN_MINLSTM,
  SCAN_SRU,
} from '../../src/wasm/generated/constants.ts';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { generator, uniform } from '../reference/random.ts';
import * as scan from '../reference/scan.ts';
import { rounded } from './closeness.ts';
import { KernelCall } from './kernelCall.ts';
import { type BuildName, Sandbox } from './sandbox.ts';
import type { Expected, Run, Tensors } from './sequenceTester.ts';

export const names = Object.keys(scan.cells) as scan.CellName[];

export interface Shape {
  T: number;
  B: number;
  I: number;
  H: number;
  /** Rows of each step, T of them, at most B; default: B each, and the pointer is 0. */
  sizes?: number[];
  /** Default true; else the pointers of the bias and of its gradient are 0. */
  bias?: boolean;
  /** Default true; else the pointer is 0. */
  dy?: boolean;
  /** Default true; else the pointer is 0. */
  dx?: boolean;
  /** What the gradients of the parameters are added to is uniform in ±accumulated. Default 0.5. */
  accumulated?: number;
}

export interface Problem {
  name: scan.CellName;
  shape: Shape;
  /** Float32 values: x, wIh, v (weights of the state), bIh, state0, dy, dState; dwIh, dv, dbIh before the call. */
  given: Record<string, Float64Array>;
}

const cellNumbers = {
  mingru: SCAN_MINGRU,
  minlstm: SCAN_MINLSTM,
  'indrnn relu': SCAN_INDRNN_RELU,
  'indrnn tanh': SCAN_INDRNN_TANH,
  sru: SCAN_SRU,
} as const;

/** How many weights of the state, over H. */
const stateWeights = { mingru: 0, minlstm: 0, 'indrnn relu': 1, 'indrnn tanh': 1, sru: 2 };

export function gatesOf({ name, shape: { I, H } }: Problem): number {
  return scan.cells[name].gates(I, H);
}

export function sizesOf({ T, B, sizes }: Shape): number[] {
  return sizes ?? Array<number>(T).fill(B);
}

export function rowsOf(shape: Shape): number {
  return sizesOf(shape).reduce((a, b) => a + b, 0);
}

export function problem(name: scan.CellName, shape: Shape, seed: number): Problem {
  const { B, I, H, accumulated = 0.5 } = shape;
  const cell = scan.cells[name];
  const [N, G, V, bias] = [rowsOf(shape), cell.gates(I, H) * H, stateWeights[name] * H, cell.bias[1] * H];
  const next = generator(seed);
  const some = (length: number, size = 1) => rounded(uniform(next, length, size));
  const given = {
    x: some(N * I),
    wIh: some(G * I, 2 / Math.sqrt(I)),
    v: some(V),
    bIh: some(bias),
    state0: some(B * H),
    dy: some(N * H),
    dState: some(B * H),
    dwIh: some(G * I, accumulated),
    dv: some(V, accumulated),
    dbIh: some(bias, accumulated),
  };
  return { name, shape, given };
}

/** y, stateN; dx, dState and, without what they are added to, dwIh, dv, dbIh. */
export function reference({ name, shape, given: g }: Problem): Expected {
  const { I, H, bias = true, dy = true } = shape;
  const sizes = sizesOf(shape);
  const p = {
    inputSize: I,
    hiddenSize: H,
    weightIh: g.wIh!,
    weightHh: g.v!,
    biasIh: bias ? g.bIh : undefined,
  };
  const pass = scan.forward(name, p, g.x!, g.state0!, sizes);
  const upstream = dy ? g.dy! : new Float64Array(g.dy!.length);
  const back = scan.backward(name, p, g.x!, pass, upstream, g.dState!, sizes);
  return {
    y: pass.output,
    stateN: pass.stateN,
    dx: back.dX,
    dState: back.dState0,
    dwIh: back.dWeightIh,
    dv: back.dWeightHh,
    dbIh: back.dBiasIh,
  };
}

class Call extends KernelCall {
  readonly #p: Problem;

  constructor(build: BuildName, p: Problem, work: number, flush: string, chunk: number) {
    const { B, I, H } = p.shape;
    const N = rowsOf(p.shape) + chunk * B;
    const floats = N * (2 * I + 10 * H + 1) + 8 * H * (I + 4) + 8 * B * H;
    super(new Sandbox(build, floats * 4 + work), p.given, flush);
    this.#p = p;
  }

  head(): [cell: number, T: number, B: number, I: number, H: number, sizes: number] {
    const { T, B, I, H, sizes } = this.#p.shape;
    return [cellNumbers[this.#p.name], T, B, I, H, this.indices('sizes', sizes)];
  }

  /** x, wIh and the weights of the state, 0 if there are none. */
  weights(): [x: number, wIh: number, v: number] {
    return [this.input('x'), this.input('wIh'), stateWeights[this.#p.name] ? this.input('v') : 0];
  }

  bias(): number {
    return this.#p.shape.bias === false ? 0 : this.input('bIh');
  }

  run(kernel: (k: KernelCalls) => void): Run {
    this.sandbox.run(kernel);
    return { out: this.read(), names: this.names };
  }
}

function forwardWork(p: Problem): number {
  return scanWork(gatesOf(p), p.shape.I, p.shape.H);
}

/** scan_forward: y, stateN; then with `packed` on a state of its own and with wIh and bIh at 0: yAgain, stateNAgain. */
export function infer(build: BuildName, p: Problem, chunk = 1, flush = ''): Run {
  const { B, H } = p.shape;
  const bytes = forwardWork(p);
  const call = new Call(build, p, bytes, flush, chunk);
  const head = call.head();
  const [x, wIh, v] = call.weights();
  const bias = call.bias();
  const gates = call.output('gates', chunk * B * gatesOf(p) * H);
  const work = call.work(bytes);
  let run: Run | undefined;
  for (const packed of [0, 1]) {
    const suffix = packed ? 'Again' : '';
    const state = call.output(`stateN${suffix}`, p.given.state0!);
    const y = call.output(`y${suffix}`, rowsOf(p.shape) * H);
    run = call.run((k) =>
      k.scan_forward(...head, x, packed ? 0 : wIh, v, bias, state, y, gates, chunk, packed, work),
    );
  }
  delete run!.out.gates;
  return run!;
}

/** scan_forward_train: states [B + N, H]; y of sru; gates, or slope of indrnn. */
export function train(build: BuildName, p: Problem, flush = ''): Run {
  const { B, H } = p.shape;
  const N = rowsOf(p.shape);
  const bytes = forwardWork(p);
  const call = new Call(build, p, bytes, flush, 0);
  const head = call.head();
  const weights = call.weights();
  const bias = call.bias();
  const values = new Float64Array((B + N) * H).fill(Number.NaN);
  values.set(p.given.state0!);
  const states = call.output('states', values);
  const y = p.name === 'sru' ? call.output('y', N * H) : 0;
  const kept = call.output('kept', N * gatesOf(p) * H);
  const work = call.work(bytes);
  return call.run((k) => k.scan_forward_train(...head, ...weights, bias, states, y, kept, work));
}

/** What a backward pass is to watch: a limit of 0 is none; norms come out as `flow` [T, 3]. */
export interface Watching {
  clip: number;
  flow: boolean;
}

/** scan_backward after `train`: da (`kept` after the call), dState, dx, dwIh, dv, dbIh; flow. */
export function backward(
  build: BuildName,
  p: Problem,
  { states, kept }: Tensors,
  flush = '',
  watch?: Watching,
): Run {
  const { T, I, H, bias = true, dy = true, dx = true } = p.shape;
  const N = rowsOf(p.shape);
  const bytes = scanBackwardWork(gatesOf(p), N, I, H);
  const call = new Call(build, p, bytes, flush, 0);
  const head = call.head();
  const weights = call.weights();
  const saved = [call.input('states', states!), call.output('da', kept!)] as const;
  const upstream = [dy ? call.input('dy') : 0, call.output('dState', p.given.dState!)] as const;
  const dxAt = dx ? call.output('dx', N * I) : 0;
  const dwIh = call.output('dwIh', p.given.dwIh!);
  const dv = stateWeights[p.name] ? call.output('dv', p.given.dv!) : 0;
  const dbIh = bias ? call.output('dbIh', p.given.dbIh!) : 0;
  const flow = watch?.flow ? call.output('flow', T * 3) : 0;
  const pointer = new Float32Array(Int32Array.of(flow).buffer)[0]!;
  const at = watch ? call.input('watch', [watch.clip, pointer]) : 0;
  const work = call.work(bytes);
  return call.run((k) =>
    k.scan_backward(...head, ...weights, ...saved, ...upstream, dxAt, dwIh, dv, dbIh, at, work),
  );
}

/** The problem of row b alone, its steps those that have such a row. */
export function alone(p: Problem, b: number): Problem {
  const { I, H } = p.shape;
  const given = { ...p.given };
  for (const [name, width] of [['x', I] as const, ['dy', H] as const]) {
    given[name] = Float64Array.from(rowOfSteps(p.shape, given[name]!, width, b));
  }
  for (const name of ['state0', 'dState']) given[name] = given[name]!.slice(b * H, (b + 1) * H);
  const T = sizesOf(p.shape).filter((size) => size > b).length;
  const { sizes: _, ...shape } = p.shape;
  return { name: p.name, shape: { ...shape, T, B: 1 }, given };
}

/** Of values [N, width], row b of every step that has one. */
export function rowOfSteps(shape: Shape, values: ArrayLike<number>, width: number, b: number): number[] {
  const found: number[] = [];
  let row = 0;
  for (const size of sizesOf(shape)) {
    if (b < size) for (let j = 0; j < width; j++) found.push(values[(row + b) * width + j]!);
    row += size;
  }
  return found;
}

/** The last state [B, H] of every row from states [B + N, H]. */
export function lastStates(shape: Shape, states: Float32Array): Float32Array {
  const { B, H } = shape;
  const last = states.slice(0, B * H);
  let row = B;
  for (const size of sizesOf(shape)) {
    last.set(states.subarray(row * H, (row + size) * H));
    row += size;
  }
  return last;
}
