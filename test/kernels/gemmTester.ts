import { gemmWork } from '../../src/memory/workspace.ts';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { gemm } from '../reference/gemm.ts';
import { generator } from '../reference/random.ts';
import { type BuildName, Sandbox } from './sandbox.ts';

export type GemmKernel = 'sgemm_nn' | 'sgemm_nt' | 'sgemm_tn' | 'sgemv_n' | 'sgemv_t';

/** Row stride of every operand: its columns, one more, or the next prime above them. */
export type Lead = 'tight' | 'plus one' | 'prime';

/** `identity`: A is the identity. All but `random` give sums that float32 holds exactly. */
export type Data = 'random' | 'integers' | 'identity' | 'powers of two';

export const M = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33];
export const N = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33];
export const K = [0, 1, 2, 3, 4, 5, 7, 8, 16, 17, 63, 64, 65, 300];
export const LEADS: readonly Lead[] = ['tight', 'plus one', 'prime'];
export const DATA: readonly Data[] = ['random', 'integers', 'identity', 'powers of two'];

export interface Shape {
  m: number;
  n: number;
  k: number;
}

export interface Options {
  /** 0 or 1. */
  beta?: number;
  lead?: Lead;
  data?: Data;
  seed?: number;
}

/** Rows of a matrix; the gaps between them are poison, and nothing follows the last column of the last row. */
export interface Matrix {
  readonly ld: number;
  readonly floats: Float32Array;
  readonly words: Uint32Array;
}

/** One call: the same seed, shape and data give the same product whatever the kernel and the lead. */
export interface Problem extends Shape {
  readonly kernel: GemmKernel;
  readonly beta: number;
  readonly exact: boolean;
  /** [m, k], or [k, m] where the kernel takes it transposed. */
  readonly a: Matrix;
  /** [k, n], or [n, k] where the kernel takes it transposed. */
  readonly b: Matrix;
  /** [m, n]; poison when beta is 0. */
  readonly c: Matrix;
  readonly label: string;
}

export type Operand = 'a' | 'b' | 'c' | 'work';

interface Pointers {
  a: number;
  b: number;
  c: number;
  work: number;
}

/** NaN as an f32, and no NaN that arithmetic makes (those are quiet). */
const POISON = 0x7fbf8234;
/** Verbatim on either side of every buffer. */
const GUARD = 16;

const transposed: Record<GemmKernel, { a: boolean; b: boolean }> = {
  sgemm_nn: { a: false, b: false },
  sgemm_nt: { a: false, b: true },
  sgemm_tn: { a: true, b: false },
  sgemv_n: { a: false, b: false },
  sgemv_t: { a: false, b: true },
};

function call(kernels: KernelCalls, { kernel, m, n, k, a, b, c, beta }: Problem, at: Pointers): void {
  if (kernel === 'sgemv_n') kernels.sgemv_n(n, k, at.a, at.b, b.ld, beta, at.c, at.work);
  else if (kernel === 'sgemv_t') kernels.sgemv_t(n, k, at.a, at.b, b.ld, beta, at.c);
  else if (kernel === 'sgemm_nn')
    kernels.sgemm_nn(m, n, k, at.a, a.ld, at.b, b.ld, beta, at.c, c.ld, at.work);
  else if (kernel === 'sgemm_nt')
    kernels.sgemm_nt(m, n, k, at.a, a.ld, at.b, b.ld, beta, at.c, c.ld, at.work);
  else kernels.sgemm_tn(m, n, k, at.a, a.ld, at.b, b.ld, beta, at.c, c.ld, at.work);
}

/** The m of sgemv_n and sgemv_t is 1. */
export function problem(kernel: GemmKernel, { m, n, k }: Shape, options: Options = {}): Problem {
  const { beta = 0, lead = 'tight', data = 'random', seed = 1 } = options;
  const next = generator(seed);
  const draw = source(data, next);
  const one = data === 'identity' ? (i: number, p: number) => (i === p ? 1 : 0) : draw;
  const flip = transposed[kernel];
  return {
    kernel,
    m,
    n,
    k,
    beta,
    exact: data !== 'random',
    a: matrix(m, k, flip.a, lead, one),
    b: matrix(k, n, flip.b, lead, draw),
    c: matrix(m, n, false, lead, beta === 0 ? undefined : draw),
    label: `${kernel} m=${m} n=${n} k=${k} beta=${beta} ld=${lead} data=${data} seed=${seed}`,
  };
}

function source(data: Data, next: () => number): () => number {
  if (data === 'integers') return () => Math.floor(next() * 9) - 4;
  if (data === 'powers of two') return () => (next() < 0.5 ? -1 : 1) * 2 ** (Math.floor(next() * 7) - 3);
  return () => next() * 2 - 1;
}

function matrix(
  rows: number,
  columns: number,
  flip: boolean,
  lead: Lead,
  value: ((i: number, j: number) => number) | undefined,
): Matrix {
  const [height, width] = flip ? [columns, rows] : [rows, columns];
  const ld = stride(width, lead);
  const words = new Uint32Array(height === 0 || width === 0 ? 0 : (height - 1) * ld + width).fill(POISON);
  const floats = new Float32Array(words.buffer);
  if (value) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) floats[flip ? j * ld + i : i * ld + j] = value(i, j);
    }
  }
  return { ld, floats, words };
}

function stride(width: number, lead: Lead): number {
  if (lead === 'tight') return width;
  let ld = width + 1;
  while (lead === 'prime' && !isPrime(ld)) ld++;
  return ld;
}

function isPrime(x: number): boolean {
  for (let d = 2; d * d <= x; d++) if (x % d === 0) return false;
  return x > 1;
}

/** Float64 result and what the float32 one may differ by: (k + 2)·2^-24·(Σ|a||b| + beta·|C|). */
export interface Expected {
  readonly value: Float64Array;
  readonly bound: Float64Array;
}

/** [m, n] without gaps. */
export function expected({ kernel, m, n, k, a, b, c, beta, exact }: Problem): Expected {
  const flip = transposed[kernel];
  const value = new Float64Array(m * n);
  if (beta !== 0) value.set(dense(c, m, n));
  const bound = value.map(Math.abs);
  const sums = gemm({
    m,
    n,
    k,
    a: a.floats,
    lda: a.ld,
    ta: flip.a,
    b: b.floats,
    ldb: b.ld,
    tb: flip.b,
    beta,
    c: value,
    ldc: n,
  });
  for (let i = 0; i < m * n; i++) {
    if (exact) {
      value[i] = Math.fround(value[i]!);
      bound[i] = 0;
    } else {
      bound[i] = (k + 2) * 2 ** -24 * (bound[i]! + sums[i]!);
    }
  }
  return { value, bound };
}

/** What the builds without fused instructions must give to the bit: one sum an element, in the order of k from C. */
export function inOrder({ kernel, m, n, k, a, b, c, beta }: Problem): Uint32Array {
  const { fround } = Math;
  const flip = transposed[kernel];
  const [rsA, csA] = flip.a ? [1, a.ld] : [a.ld, 1];
  const [rsB, csB] = flip.b ? [1, b.ld] : [b.ld, 1];
  const sums = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = beta === 0 ? 0 : c.floats[i * c.ld + j]!;
      for (let p = 0; p < k; p++) {
        sum = fround(sum + fround(a.floats[i * rsA + p * csA]! * b.floats[p * rsB + j * csB]!));
      }
      sums[i * n + j] = sum;
    }
  }
  return canonicalBits(sums);
}

/** Throws, naming the problem, unless every element is within its bound. */
export function verify(build: BuildName, of: Problem, got: Uint32Array, { value, bound }: Expected): void {
  const floats = new Float32Array(got.buffer);
  for (let i = 0; i < of.m * of.n; i++) {
    if (!(Math.abs(floats[i]! - value[i]!) <= bound[i]!)) {
      const at = `[${Math.floor(i / of.n)}, ${i % of.n}]`;
      throw new Error(
        `${build} ${of.label}: C${at} is ${floats[i]} instead of ${value[i]} (may differ by ${bound[i]})`,
      );
    }
  }
}

/** Throws, naming the problem, unless the bits are equal. */
export function same(what: string, of: Problem, got: Uint32Array, wanted: Uint32Array): void {
  for (let i = 0; i < of.m * of.n; i++) {
    if (got[i] !== wanted[i]) {
      const at = `[${Math.floor(i / of.n)}, ${i % of.n}]`;
      const hex = `0x${got[i]!.toString(16)} instead of 0x${wanted[i]!.toString(16)}`;
      throw new Error(`${what} ${of.label}: C${at} is ${hex}`);
    }
  }
}

/** Runs problems in one memory a build, every buffer between poisoned guards. */
export class GemmTester {
  readonly #bytes: number;
  readonly #pools = new Map<BuildName, Pool>();

  /** `bytes`: what the operands of the largest problem need together. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /**
   * Bits of C [m, n] without gaps, NaNs made one. Throws if the kernel touched an input, a gap between rows of C, or
   * anything outside. `flush` names the operand that ends on the last byte of the memory.
   */
  run(build: BuildName, of: Problem, flush?: Operand): Uint32Array {
    const pool = this.#pool(build);
    pool.reset();
    const at: Pointers = {
      a: pool.take('a', of.a.words, flush === 'a'),
      b: pool.take('b', of.b.words, flush === 'b'),
      c: pool.take('c', of.c.words, flush === 'c'),
      work: pool.take('work', gemmWork(of.m, of.n, of.k) / 4, flush === 'work'),
    };
    try {
      call(pool.kernels, of, at);
      pool.checkGuards();
      pool.checkUnchanged('a', at.a, of.a.words);
      pool.checkUnchanged('b', at.b, of.b.words);
      for (let i = 0; i < of.m - 1; i++) pool.checkPoison('C', at.c / 4 + i * of.c.ld + of.n, of.c.ld - of.n);
    } catch (cause) {
      const where = flush ? `, ${flush} at the end of the memory` : '';
      throw new Error(`${build} ${of.label}${where}: ${(cause as Error).message}`, { cause });
    }
    const words = pool.words.slice(at.c / 4, at.c / 4 + of.c.words.length);
    return canonicalBits(dense({ ...of.c, floats: new Float32Array(words.buffer) }, of.m, of.n));
  }

  /** Throws if any call so far wrote beyond the guards too. */
  sweep(): void {
    for (const pool of this.#pools.values()) pool.sweep();
  }

  #pool(build: BuildName): Pool {
    let pool = this.#pools.get(build);
    if (!pool) this.#pools.set(build, (pool = new Pool(build, this.#bytes)));
    return pool;
  }
}

/** A sandbox whose one buffer, the end of the memory, is divided anew for each call. */
class Pool {
  readonly kernels: KernelCalls;
  readonly words: Uint32Array;
  readonly #sandbox: Sandbox;
  /** First word of the pool; its last is that of the memory. */
  readonly #start: number;
  #top: number;
  #bottom: number;
  #guards: { before: string; from: number; to: number }[] = [];

  constructor(build: BuildName, bytes: number) {
    this.#sandbox = new Sandbox(build, bytes);
    this.#start = this.#sandbox.output('pool', Math.ceil(bytes / 4), 'flush') / 4;
    this.kernels = this.#sandbox.kernels;
    this.words = new Uint32Array(this.#sandbox.memory.buffer);
    this.#top = this.#start;
    this.#bottom = this.words.length;
  }

  reset(): void {
    this.words.fill(POISON, this.#start, this.#top + GUARD);
    this.words.fill(POISON, this.#bottom - GUARD);
    this.#top = this.#start;
    this.#bottom = this.words.length;
    this.#guards = [];
  }

  /** A buffer with these words, or of so many words of poison; its address in bytes. */
  take(name: string, words: Uint32Array | number, flush: boolean): number {
    const length = typeof words === 'number' ? words : words.length;
    const at = flush ? this.words.length - length : this.#top + GUARD;
    if (flush) {
      this.#bottom = at;
      this.#guards.push({ before: name, from: at - GUARD, to: at });
    } else {
      this.#guards.push({ before: name, from: this.#top, to: at });
      this.#top = at + length;
    }
    if (this.#top + 2 * GUARD > this.#bottom) throw new Error(`pool too small for ${name}`);
    if (typeof words !== 'number') this.words.set(words, at);
    return at * 4;
  }

  checkGuards(): void {
    for (const { before, from, to } of this.#guards) this.checkPoison(before, from, to - from);
    this.checkPoison('the end', this.#top, GUARD);
  }

  checkPoison(before: string, from: number, length: number): void {
    for (let i = from; i < from + length; i++) {
      if (this.words[i] !== POISON)
        throw new Error(`byte ${i * 4}, in the gap at ${before}, was overwritten`);
    }
  }

  checkUnchanged(name: string, ptr: number, before: Uint32Array): void {
    for (let i = 0; i < before.length; i++) {
      if (this.words[ptr / 4 + i] !== before[i]) throw new Error(`input ${name}[${i}] was overwritten`);
    }
  }

  sweep(): void {
    this.reset();
    this.checkPoison('the end', this.#start, this.words.length - this.#start);
    this.#sandbox.check();
  }
}

/** Copy of [rows, columns] without gaps. */
function dense({ floats, ld }: Matrix, rows: number, columns: number): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) values.set(floats.subarray(i * ld, i * ld + columns), i * columns);
  return values;
}

function canonicalBits(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) bits[i] = 0x7fc00000;
  return bits;
}
