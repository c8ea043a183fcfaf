import { describe, expect, test } from 'vitest';
import { backwardWork, gruWork, lstmWork, rnnWork } from '../../src/memory/workspace.ts';
import { generator } from '../reference/random.ts';
import { some } from '../thorough.ts';
import { expectSame, scaledError } from './closeness.ts';
import {
  type ConfigurableProblem,
  configurableProblem,
  expectedOf,
  type Tensors,
} from './configurableTester.ts';
import { type BuildName, Sandbox, variants } from './sandbox.ts';
import type { Input } from './sequenceTester.ts';

// The plain kernels with what sequence.test.ts leaves out: rows of their own lengths, a watch, and a sequence whose
// gradients by a table come in two parts.

const cells = ['rnn', 'lstm', 'gru'] as const;
type Cell = (typeof cells)[number];
const GATES = { rnn: 1, lstm: 4, gru: 3 };
const WORK = { rnn: rnnWork, lstm: lstmWork, gru: gruWork };

interface Table {
  index: Int32Array;
  table: Float64Array;
  V: number;
}

/** A problem without options, and the kernels' arguments for it. */
class Call {
  readonly p: ConfigurableProblem;
  readonly cell: Cell;
  readonly sandbox: Sandbox;
  readonly I: number;
  readonly H: number;
  readonly table: Table | undefined;

  constructor(build: BuildName, p: ConfigurableProblem, table?: Table) {
    this.p = p;
    this.cell = p.config.cell as Cell;
    this.table = table;
    this.I = p.config.inputSize;
    this.H = p.config.hiddenSize;
    const { I, H } = this;
    const N = p.rows.count;
    const V = table?.V ?? 0;
    const bytes = WORK[this.cell](I, H, V) + backwardWork(GATES[this.cell], N, I, H, V);
    const floats = (N + p.rows.B) * (2 * I + 16 * H) + 10 * H * (I + H + 4) + V * (2 * I + 4 * H) + 4000;
    this.sandbox = new Sandbox(build, floats * 4 + bytes);
  }

  /** T, B, I, H, V and sizes of so many rows a step. */
  head(sizes = this.p.rows.sizes): [T: number, B: number, I: number, H: number, V: number, sizes: number] {
    const { B } = this.p.rows;
    const ragged = sizes.some((m) => m !== B) ? this.sandbox.indices('sizes', sizes) : 0;
    return [sizes.length, B, this.I, this.H, this.table?.V ?? 0, ragged];
  }

  relu(): number {
    return this.p.config.nonlinearity === 'relu' ? 1 : 0;
  }

  /** x, or the table and indices. */
  source(): [x: number, index: number] {
    const { sandbox, p, table } = this;
    if (!table) return [sandbox.input('x', p.rows.pack(p.x, this.I)), 0];
    return [sandbox.input('table', table.table), sandbox.indices('index', table.index)];
  }

  weights(): [wIh: number, wHh: number] {
    const { weight_ih, weight_hh } = this.p.params;
    return [this.sandbox.input('wIh', weight_ih!), this.sandbox.input('wHh', weight_hh!)];
  }

  biases(): [bIh: number, bHh: number] {
    const { bias_ih, bias_hh } = this.p.params;
    return bias_ih && bias_hh
      ? [this.sandbox.input('bIh', bias_ih), this.sandbox.input('bHh', bias_hh)]
      : [0, 0];
  }

  forwardWork(): number {
    return this.sandbox.work(WORK[this.cell](this.I, this.H, this.table?.V ?? 0));
  }
}

function infer(build: BuildName, p: ConfigurableProblem, chunk: number): Tensors {
  const call = new Call(build, p);
  const { sandbox, H, cell } = call;
  const { B, count } = p.rows;
  const h = sandbox.output('h', p.h0);
  const c = cell === 'lstm' ? sandbox.output('c', p.c0) : 0;
  const y = sandbox.output('y', count * H);
  const gates = cell === 'rnn' ? 0 : sandbox.output('gates', chunk * B * 4 * H);
  const head = call.head();
  const from: Input = [...call.source(), ...call.weights(), ...call.biases()];
  const work = call.forwardWork();
  sandbox.run((k) => {
    if (cell === 'lstm') k.lstm_forward(...head, ...from, h, c, y, gates, chunk, 0, work);
    else if (cell === 'gru') k.gru_forward(...head, ...from, h, y, gates, chunk, 0, work);
    else k.rnn_forward(...head, call.relu(), ...from, h, y, 0, work);
  });
  return {
    y: sandbox.read(y, count * H),
    hN: sandbox.read(h, B * H),
    ...(cell === 'lstm' ? { cN: sandbox.read(c, B * H) } : {}),
  };
}

interface Back {
  /** Number of steps of the first part, of which the second is backed up first; 0 for all at once. */
  split?: number;
  table?: Table;
  watch?: boolean;
}

/** Forward for training and backward. */
function train(
  build: BuildName,
  p: ConfigurableProblem,
  { split = 0, table, watch = false }: Back = {},
): Tensors {
  const call = new Call(build, p, table);
  const { sandbox, H, I, cell } = call;
  const { rows } = p;
  const { B, T, count: N } = rows;
  const V = table?.V ?? 0;
  const isLstm = cell === 'lstm';
  const states = (name: string, initial: Float64Array) => {
    const values = new Float64Array((B + N) * H).fill(Number.NaN);
    values.set(initial);
    return sandbox.output(name, values);
  };
  const h = states('h', p.h0);
  const c = isLstm ? states('c', p.c0) : 0;
  const width = cell === 'rnn' ? H : 4 * H;
  const gates = sandbox.output('gates', N * width);
  const head = call.head();
  const source = call.source();
  const weights = call.weights();
  const from: Input = [...source, ...weights, ...call.biases()];
  const work = call.forwardWork();
  sandbox.run((k) => {
    if (isLstm) k.lstm_forward_train(...head, ...from, h, c, gates, work);
    else if (cell === 'gru') k.gru_forward_train(...head, ...from, h, gates, work);
    else k.rnn_forward_train(...head, call.relu(), ...from, h, gates, work);
  });
  const found: Record<string, ArrayLike<number>> = { y: sandbox.read(h + B * H * 4, N * H) };
  for (const [name, ptr] of [
    ['hN', h],
    ['cN', c],
  ] as const) {
    if (!ptr) continue;
    const last = sandbox.output(name, B * H);
    sandbox.run((k) => k.last_rows(T, B, H, head[5], ptr, last));
    found[name] = sandbox.read(last, B * H);
  }

  const dh = sandbox.output('dh', p.dhN);
  const dc = isLstm ? sandbox.output('dc', p.dcN) : 0;
  const dx = sandbox.output('dx', table ? new Float64Array(V * I).fill(0.25) : N * I);
  const names = Object.keys(p.before);
  const gradients = names.map((name) => sandbox.output(`d ${name}`, p.before[name]!));
  const [dbIh, dbHh] = p.before.bias_ih ? [gradients[2]!, gradients[3]!] : [0, 0];
  const dP = table ? sandbox.output('dP', new Float64Array(V * GATES[cell] * H)) : 0;
  const dy = p.dy === false ? 0 : sandbox.input('dy', rows.pack(p.up, H));
  const norms = sandbox.output('norms', watch ? T * 3 : 0);
  const bits = new Int32Array(Float32Array.of(p.clipStep ?? 0).buffer)[0]!;
  const at = watch ? sandbox.indices('watch', [bits, norms]) : 0;
  const parts = split ? [[split, T] as const, [0, split] as const] : [[0, T] as const];
  for (const [from, to] of parts) {
    const first = rows.sizes.slice(0, from).reduce((a, b) => a + b, 0);
    const count = rows.sizes.slice(from, to).reduce((a, b) => a + b, 0);
    const scratch = sandbox.work(backwardWork(GATES[cell], count, I, H, V));
    const [x, index] = table ? [source[0], source[1] + first * 4] : [source[0] + first * I * 4, 0];
    const offset = first * H * 4;
    const part = split ? call.head(rows.sizes.slice(from, to)) : head;
    const input = [...part, x, index, ...weights, h + offset] as const;
    const upstream = [gates + first * width * 4, dy && dy + offset, dh] as const;
    const dxAt = dx + (table ? 0 : first * I * 4);
    const last = [gradients[0]!, gradients[1]!, dbIh, dbHh, dP, from === 0 ? 1 : 0, at, scratch] as const;
    sandbox.run((k) => {
      if (isLstm) k.lstm_backward(...input, c + offset, ...upstream, dc, dxAt, ...last);
      else if (cell === 'gru') k.gru_backward(...input, ...upstream, dxAt, ...last);
      else k.rnn_backward(...input, ...upstream, dxAt, ...last);
    });
  }
  found.dh = sandbox.read(dh, B * H);
  if (isLstm) found.dc = sandbox.read(dc, B * H);
  found.dx = sandbox.read(dx, table ? V * I : N * I);
  for (const [i, name] of names.entries()) {
    const before = p.before[name]!;
    found[`d ${name}`] = sandbox.read(gradients[i]!, before.length).map((v, j) => v - before[j]!);
  }
  if (watch) {
    const all = sandbox.read(norms, T * 3);
    found.norms = all.filter((_, i) => i % 3 === 0);
    if (!isLstm && !p.clipStep) found.passed = all.filter((_, i) => i % 3 === 2);
  }
  return found;
}

function problemOf(cell: Cell, lengths: number[], I: number, H: number, seed: number, more = {}) {
  const config = { cell, batch: lengths.length, inputSize: I, hiddenSize: H };
  const { relu, bias = true, ...rest } = more as { relu?: boolean; bias?: boolean };
  const full = { ...config, bias, ...(relu ? { nonlinearity: 'relu' as const } : {}) };
  return configurableProblem({ config: full, lengths, ...rest }, seed);
}

function expectTensors(got: Tensors, expected: Tensors, label: string): void {
  for (const [name, values] of Object.entries(got)) {
    const forward = ['y', 'hN', 'cN'].includes(name);
    const error = scaledError(values, expected[name]!, forward ? 1e-6 : 0.5);
    expect(error, `${label} ${name}`).toBeLessThanOrEqual(forward ? 1e-5 : 1e-4);
  }
}

const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 36];

describe.each(cells)('%s', (cell) => {
  test.each(some(WIDTHS, 12, cells.indexOf(cell)))('rows of their own lengths, hidden %i', (H) => {
    const next = generator(H);
    for (const B of [1, 2, 3, 5, 8, 13]) {
      const lengths = Array.from({ length: B }, () => Math.floor(next() * 6)).sort((a, b) => b - a);
      if (!lengths[0]) lengths[0] = 4;
      const I = 1 + Math.floor(next() * 9);
      const p = problemOf(cell, lengths, I, H, H * 100 + B, {
        relu: cell === 'rnn' && B % 2 === 0,
        bias: B !== 3,
        dy: B !== 5,
      });
      const expected = expectedOf(p, true);
      for (const build of variants) {
        const label = `${build}, lengths ${lengths}`;
        const got = train(build, p);
        expectTensors(got, expected, label);
        for (const chunk of [1, 2, p.rows.T + 1]) {
          for (const [name, values] of Object.entries(infer(build, p, chunk)))
            expectSame(values, got[name]!, `${label}, inferred ${name}, chunk ${chunk}`);
        }
      }
    }
  });

  test.each([
    [[3, 3], 6],
    [[5, 4, 4, 1, 0], 9],
    [[4, 2, 1], 17],
  ] as [number[], number][])('a watch notes norms and clips: lengths %j', (lengths, H) => {
    for (const clipStep of [0, 0.3, 1.5]) {
      const p = problemOf(cell, lengths, 4, H, 7, clipStep ? { clipStep } : {});
      const expected = expectedOf(p, true);
      for (const build of variants) {
        const watched = train(build, p, { watch: true });
        expectTensors(watched, expected, `${build}, clip ${clipStep}`);
        expect(watched.norms!.length).toBe(p.rows.T);
        if (clipStep) continue;
        for (const [name, values] of Object.entries(train(build, p))) {
          if (!/^d/.test(name)) expectSame(watched[name]!, values, `${build} ${name} without a watch`);
        }
      }
    }
  });

  test.each([
    [7, 3, 5],
    [4, 1, 1],
    [9, 8, 40],
    [60, 20, 300],
  ])('%i steps in two parts from step %i, a table of %i rows: the bits of one', (T, split, V) => {
    const B = T > 20 ? 6 : 3;
    const I = 5;
    const next = generator(T);
    const p = problemOf(cell, new Array<number>(B).fill(T), I, 7, T);
    const draw = (n: number) => Float64Array.from({ length: n }, () => Math.fround(next() * 2 - 1));
    const table = {
      V,
      index: Int32Array.from({ length: T * B }, () => Math.floor(next() * V)),
      table: draw(V * I),
    };
    for (let i = 0; i < T * B * I; i++) {
      p.x[i] = table.table[table.index[Math.floor(i / I)]! * I + (i % I)]!;
    }
    const expected = { ...expectedOf(p, true) };
    const byRow = expected.dx!;
    const sum = new Float64Array(V * I).fill(0.25);
    for (let i = 0; i < byRow.length; i++) sum[table.index[Math.floor(i / I)]! * I + (i % I)]! += byRow[i]!;
    for (const build of variants) {
      const whole = train(build, p);
      expectTensors(whole, expected, build);
      for (const [name, values] of Object.entries(train(build, p, { split })))
        expectSame(values, whole[name]!, `${build} ${name}`);
      const looked = train(build, p, { table });
      expectTensors(looked, { ...expected, dx: sum }, `${build}, looked up`);
      for (const [name, values] of Object.entries(train(build, p, { table, split })))
        expectSame(values, looked[name]!, `${build} ${name}, looked up`);
    }
  });
});
