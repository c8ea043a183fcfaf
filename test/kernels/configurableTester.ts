import { activationOf } from '../../src/activations.ts';
import { GRU_KIND, LSTM_KIND, RESET_BEFORE_KIND, RNN_KIND } from '../../src/layers/cells/configurable.ts';
import type { ConfigurableKind } from '../../src/layers/recurrent/configuration.ts';
import { type Field, PARAMETERS } from '../../src/layers/recurrent/descriptor.ts';
import { configurableWork } from '../../src/memory/workspace.ts';
import { Recurrence } from '../../src/wasm/generated/structs.ts';
import { type ConfigurableOptions, runConfigurable } from '../reference/configurable.ts';
import { kept } from '../reference/draws.ts';
import { omega } from '../reference/omega.ts';
import { type ConfigurableCell, parameterShapes } from '../reference/parameters.ts';
import { generator, uniform } from '../reference/random.ts';
import { rounded } from './closeness.ts';
import { normsOf, oneHot, PackedRows, transposed } from './packedRows.ts';
import { type BuildName, Sandbox } from './sandbox.ts';

/** What a call of the kernels has beside the reference's configuration. */
export interface ConfigurableShape {
  config: ConfigurableCell;
  /** Longest first; all of them T: no sizes are given. */
  lengths: readonly number[];
  zoneH?: number;
  zoneC?: number;
  dropH?: number;
  /** Whether each row of x has a 1 and else zeros, and the kernels get its place only. */
  oneHot?: boolean;
  /** Whether h0 is multiplied by a mask at each step. */
  maskH?: boolean;
  /** Whether h0 is 0 and its gradient is not asked for. */
  fromZero?: boolean;
  omega?: number;
  /** Number of the first row among those that are drawn. */
  firstRow?: number;
  clipStep?: number;
  dy?: boolean;
  dx?: boolean;
}

export interface ConfigurableProblem extends ConfigurableShape {
  rows: PackedRows;
  W: number;
  G: number;
  cell: ConfigurableKind;
  /** Float32 values by the reference's names without suffix. */
  params: Record<string, Float64Array>;
  /** What the gradients are added to. */
  before: Record<string, Float64Array>;
  x: Float64Array;
  h0: Float64Array;
  mask: Float64Array;
  c0: Float64Array;
  up: Float64Array;
  dhN: Float64Array;
  dcN: Float64Array;
}

const KINDS = { rnn: RNN_KIND, lstm: LSTM_KIND, gru: GRU_KIND } as const;
const KEYS = { zoneH: 0x12345678, zoneC: 0x9abcdef1, dropH: 0x0badf00d };
const GATES = { rnn: [], lstm: ['i', 'f', 'g', 'o', 'h'], gru: ['r', 'z', 'n'] } as const;

export function configurableProblem(shape: ConfigurableShape, seed: number): ConfigurableProblem {
  const { config, lengths } = shape;
  const { hiddenSize: H, inputSize: I } = config;
  const W = config.projSize || H;
  const rows = new PackedRows(lengths);
  const next = generator(seed);
  const some = (length: number, scale = 1) => rounded(uniform(next, length, scale));
  const params: Record<string, Float64Array> = {};
  const before: Record<string, Float64Array> = {};
  for (const [full, [n, k]] of Object.entries(parameterShapes(config))) {
    const name = full.slice(0, -3);
    params[name] = some(n * k, name.startsWith('ln_') ? 0.4 : 1.2 / Math.sqrt(n > 1 ? k : H));
    if (/^ln_.*weight/.test(name)) params[name] = rounded(params[name].map((v) => v + 0.8));
    before[name] = some(n * k, 0.5);
  }
  const gates = config.cell === 'lstm' ? 4 : config.cell === 'gru' ? 3 : 1;
  const B = rows.B;
  return {
    ...shape,
    rows,
    W,
    G: gates * H,
    cell: config.resetAfter === false ? RESET_BEFORE_KIND : KINDS[config.cell as keyof typeof KINDS],
    params,
    before,
    x: shape.oneHot ? oneHot(some(rows.T * B), I) : some(rows.T * B * I),
    h0: shape.fromZero ? new Float64Array(B * W) : some(B * W, 0.8),
    c0: some(B * H),
    up: some(rows.T * B * W),
    dhN: some(B * W),
    dcN: some(B * H),
    mask: some(B * W, 2),
  };
}

export type Tensors = Record<string, ArrayLike<number>>;

/** Of all that the kernels give, by the names that `trained` uses; y and dx as [N, ·]. */
export function expectedOf(p: ConfigurableProblem, noise: boolean): Tensors {
  const { config, rows, W } = p;
  const { B, T } = rows;
  const H = config.hiddenSize;
  const options: ConfigurableOptions = { lengths: rows.lengths, h0: p.h0 };
  if (config.cell === 'lstm') options.c0 = p.c0;
  if (p.clipStep) options.stepClip = p.clipStep;
  const kind = (probability: number | undefined, key: number, n: number) => {
    if (!probability) return undefined;
    if (!noise) return probability;
    const packed = Float64Array.from(
      { length: rows.count * n },
      (_, i) => 1 - kept(key, (p.firstRow ?? 0) * n + i, probability),
    );
    return [rows.unpack(packed, n)];
  };
  const h = kind(p.zoneH, KEYS.zoneH, W);
  const c = kind(p.zoneC, KEYS.zoneC, H);
  if (h || c) options.zoneout = { ...(h ? { h } : {}), ...(c ? { c } : {}) };
  if (p.maskH) options.stateMask = [p.mask];
  const { dropH } = p;
  if (dropH && noise) {
    options.recurrentDropout = [
      Float64Array.from({ length: B * W }, (_, i) => kept(KEYS.dropH, i, dropH) / (1 - dropH)),
    ];
  }
  const params = Object.fromEntries(Object.entries(p.params).map(([name, v]) => [`${name}_l0`, v]));
  const run = runConfigurable(config, params, p.x, options);
  const up = p.dy === false ? new Float64Array(p.up.length) : p.up;
  const back = run.backward({
    output: up,
    hN: p.dhN,
    ...(config.cell === 'lstm' ? { cN: p.dcN } : {}),
  });
  const found: Tensors = {
    y: rows.pack(run.output, W),
    hN: run.hN,
    dh: back.h_0!,
    dx: rows.pack(back.input!, config.inputSize),
  };
  if (config.cell === 'lstm') Object.assign(found, { cN: run.cN, dc: back.c_0 });
  const regular = p.omega ? omega(config, params, run) : undefined;
  if (regular) found.omega = [regular.value];
  for (const name of Object.keys(p.params)) {
    found[`d ${name}`] = back[`${name}_l0`]!;
  }
  if (regular) found['d omega'] = regular.gradients.weight_hh_l0!.map((v) => v * p.omega!);
  const grads = run.steps[0]!.map(({ h: node }) => node.grad);
  found.norms = normsOf(grads, W, p.clipStep ?? 0).arrived;
  // what step t passes on is what arrives at t − 1 less dy there
  found.passed = Array.from({ length: T }, (_, t) => {
    const n = rows.sizes[t]! * W;
    const before = t ? grads[t - 1]!.slice(0, n) : back.h_0!.slice(0, n);
    if (t) for (let i = 0; i < n; i++) before[i]! -= up[(t - 1) * B * W + i]!;
    return Math.hypot(...before);
  });
  return found;
}

/** The field of a kind of parameter. */
function fieldOf(kind: string): Field {
  return PARAMETERS[kind as keyof typeof PARAMETERS];
}

/** A descriptor and the buffers it points to. */
class Call {
  readonly sandbox: Sandbox;
  readonly bits = new Int32Array(Object.keys(Recurrence).length);
  readonly floats = new Float32Array(this.bits.buffer);
  readonly p: ConfigurableProblem;
  readonly ragged: boolean;

  constructor(build: BuildName, p: ConfigurableProblem) {
    this.p = p;
    const { rows, W, G, config } = p;
    const { hiddenSize: H, inputSize: I } = config;
    const floats =
      2 * Object.values(p.params).reduce((sum, { length }) => sum + length, 0) +
      (rows.count + rows.B) * (2 * I + 6 * W + 10 * H + 4 * G + 4) +
      2 * G * (W + I) +
      4000;
    this.sandbox = new Sandbox(build, floats * 4 + this.work(true).bytes);
    this.ragged = rows.count < rows.T * rows.B;
  }

  work(training: boolean) {
    const { rows, W, G, config, cell } = this.p;
    const { hiddenSize: H, inputSize: I, heads = 1, projSize = 0 } = config;
    return configurableWork({
      rows: training ? rows.count : rows.B,
      batch: rows.B,
      ...{ I, H, W, G, heads, products: cell.products, training, projSize },
    });
  }

  set(values: Partial<Record<Field, number>>): void {
    const names = Object.keys(Recurrence);
    for (const [name, value] of Object.entries(values)) {
      const at = names.indexOf(name);
      if (at < 0) throw new Error(`no field ${name}`);
      if (Recurrence[name as Field] === 'f') this.floats[at] = value;
      else this.bits[at] = value;
    }
  }

  /** All that both passes have. */
  common(training: boolean): void {
    const { p, sandbox } = this;
    const { rows, config, W, cell } = p;
    const { hiddenSize: H, inputSize: I, heads = 1 } = config;
    this.set({ cell: cell.kind, T: rows.T, B: rows.B, I, H, W, heads, training: training ? 1 : 0 });
    this.set({ fromZero: p.fromZero ? 1 : 0 });
    this.set({ sizes: this.ragged ? sandbox.indices('sizes', rows.sizes) : 0 });
    const x = rows.pack(p.x, I);
    if (!p.oneHot) this.set({ x: sandbox.input('x', x) });
    else {
      const places = Int32Array.from({ length: rows.count }, (_, n) => x.indexOf(1, n * I) - n * I);
      this.set({ index: sandbox.indices('index', places) });
    }
    for (const [name, values] of Object.entries(p.params))
      this.set({ [fieldOf(name)]: sandbox.input(name, values) });
    const { activation = 'tanh', recurrentActivation = 'sigmoid', activations = {} } = config;
    const kinds = (GATES[config.cell as 'lstm'] as readonly ('i' | 'h')[]).map((gate) => {
      const usual = ['g', 'h', 'n'].includes(gate) ? activation : recurrentActivation;
      return activations[gate] ?? usual;
    });
    if (config.cell === 'rnn') kinds.push(config.nonlinearity ?? 'tanh');
    for (const [k, given] of kinds.entries()) {
      const { kind, alpha, beta } = activationOf('activation', given);
      this.set({ [`kind${k}`]: kind, [`alpha${k}`]: alpha, [`beta${k}`]: beta });
    }
    this.set({ clip: config.clip ?? Number.POSITIVE_INFINITY, coupled: config.coupled ? 1 : 0 });
    const { at, bytes } = this.work(training);
    const ends = [...Object.values(at).slice(1), bytes];
    for (const [i, [name, from]] of Object.entries(at).entries())
      this.set({ [name]: sandbox.output(name, (ends[i]! - from) / 4) });
  }

  /** Writes the descriptor. */
  descriptor(): number {
    return this.sandbox.indices('descriptor', this.bits);
  }
}

/** configurable_forward without training, then again with what it has packed. */
export function inferred(build: BuildName, p: ConfigurableProblem, chunk: number): Tensors {
  const call = new Call(build, p);
  const { sandbox } = call;
  const { rows, W, config, cell } = p;
  const H = config.hiddenSize;
  const isLstm = cell.states.c !== undefined;
  call.common(false);
  const S = cell.slots;
  call.set({
    ...{ chunk, zoneHMean: p.zoneH ?? 0, zoneCMean: p.zoneC ?? 0 },
    gates: sandbox.output('gates', chunk * rows.B * S * H),
    seen: isLstm ? sandbox.output('seen', rows.B * H) : 0,
    maskH: p.maskH ? sandbox.input('mask', p.mask) : 0,
    dropped: p.maskH ? sandbox.output('dropped', rows.B * W) : 0,
    out: config.projSize ? sandbox.output('out', rows.B * H) : 0,
  });
  const found: Record<string, ArrayLike<number>> = {};
  for (const packed of [0, 1]) {
    const suffix = packed ? ' again' : '';
    const h = sandbox.output(`h${suffix}`, p.h0);
    const c = isLstm ? sandbox.output(`c${suffix}`, p.c0) : 0;
    const y = sandbox.output(`y${suffix}`, rows.count * W);
    call.set({ h, c, y, packed });
    const at = call.descriptor();
    sandbox.run((k) => {
      k.configurable_forward(at);
      return 0;
    });
    found[`y${suffix}`] = sandbox.read(y, rows.count * W);
    found[`hN${suffix}`] = sandbox.read(h, rows.B * W);
    if (isLstm) found[`cN${suffix}`] = sandbox.read(c, rows.B * H);
  }
  return found;
}

/** configurable_forward that trains, last_rows and configurable_backward. */
export function trained(build: BuildName, p: ConfigurableProblem): Tensors {
  const call = new Call(build, p);
  const { sandbox } = call;
  const { rows, W, G, config, cell } = p;
  const { hiddenSize: H, inputSize: I, layerNorm = false, projSize = 0 } = config;
  const { count: N, B, T } = rows;
  const isLstm = cell.states.c !== undefined;
  call.common(true);
  const states = (name: string, initial: Float64Array, n: number) => {
    const values = new Float64Array((B + N) * n).fill(Number.NaN);
    values.set(initial);
    return sandbox.output(name, values);
  };
  const room = (on: boolean | undefined, name: string, n: number) =>
    call.set({ [name]: on ? sandbox.output(name, N * n) : 0 });
  const h = states('h', p.h0, W);
  const c = isLstm ? states('c', p.c0, H) : 0;
  const draws = (name: 'zoneH' | 'zoneC' | 'dropH') => ({
    [name]: Math.floor((p[name] ?? 0) * 2 ** 32),
    [`${name}Key`]: KEYS[name],
  });
  call.set({ h, c, chunk: T, firstRow: p.firstRow ?? 0, omega: p.omega ?? 0 });
  call.set({ ...draws('zoneH'), ...draws('zoneC'), ...draws('dropH') });
  call.set({ dropHScale: 1 / (1 - (p.dropH ?? 0)) });
  room(true, 'gates', cell.slots * H);
  room(true, 'slopes', G);
  room((p.zoneC ?? 0) > 0, 'cNew', H);
  room(isLstm, 'seen', H);
  room(isLstm, 'seenSlope', H);
  room(projSize > 0, 'out', H);
  room(p.maskH || (p.dropH ?? 0) > 0, 'dropped', W);
  call.set({ maskH: p.maskH ? sandbox.input('mask', p.mask) : 0 });
  for (const part of ['Ih', 'Hh']) {
    room(layerNorm, `hat${part}`, G);
    room(layerNorm, `rstd${part}`, 1);
  }
  room(layerNorm && isLstm, 'hatC', H);
  room(layerNorm && isLstm, 'rstdC', 1);
  room(projSize > 0 || (p.omega ?? 0) > 0, 'dhAll', W);
  const gradients: [name: string, ptr: number][] = [];
  for (const [name, values] of Object.entries(p.before)) {
    const isTable = p.oneHot && name === 'weight_ih';
    const ptr = sandbox.output(`d ${name}`, isTable ? transposed(values, G, I) : values);
    gradients.push([name, ptr]);
    call.set({ [`d${fieldOf(name)}`]: ptr });
  }
  const dOmega = p.omega ? sandbox.output('d omega', new Float64Array(p.params.weight_hh!.length)) : 0;
  const dh = sandbox.output('dh', p.dhN);
  const dc = isLstm ? sandbox.output('dc', p.dcN) : 0;
  const dx = p.dx === false ? 0 : sandbox.output('dx', N * I);
  const norms = sandbox.output('norms', T * 3);
  const watch = sandbox.indices('watch', [
    new Int32Array(Float32Array.of(p.clipStep ?? 0).buffer)[0]!,
    norms,
  ]);
  const dy = p.dy === false ? 0 : sandbox.input('dy', rows.pack(p.up, W));
  call.set({ dwOmega: dOmega, dh, dc, dx, watch, dy });
  const at = call.descriptor();
  const found: Record<string, ArrayLike<number>> = {};
  sandbox.run((k) => {
    k.configurable_forward(at);
    return 0;
  });
  found.y = sandbox.read(h + B * W * 4, N * W);
  const sizes = call.ragged ? sandbox.indices('sizes again', rows.sizes) : 0;
  for (const [name, ptr, n] of [
    ['hN', h, W],
    ['cN', c, H],
  ] as const) {
    if (!ptr) continue;
    const last = sandbox.output(name, B * n);
    sandbox.run((k) => {
      k.last_rows(T, B, n, sizes, ptr, last);
      return 0;
    });
    found[name] = sandbox.read(last, B * n);
  }
  const value = sandbox.run((k) => k.configurable_backward(at));
  if (p.omega) found.omega = [value];
  if (!p.fromZero) found.dh = sandbox.read(dh, B * W);
  if (isLstm) found.dc = sandbox.read(dc, B * H);
  if (dx) found.dx = sandbox.read(dx, N * I);
  for (const [name, ptr] of gradients) {
    const before = p.before[name]!;
    const read = sandbox.read(ptr, before.length);
    const own = p.oneHot && name === 'weight_ih' ? transposed(read, I, G) : read;
    found[`d ${name}`] = own.map((v, i) => v - before[i]!);
  }
  if (dOmega) found['d omega'] = sandbox.read(dOmega, p.params.weight_hh!.length);
  const all = sandbox.read(norms, T * 3);
  found.norms = all.filter((_, i) => i % 3 === 0);
  if (!isLstm && !p.clipStep && !p.fromZero) found.passed = all.filter((_, i) => i % 3 === 2);
  return found;
}
