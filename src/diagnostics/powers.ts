import { doubles } from '../allocate.ts';
import { MemoryArena } from '../memory/arena.ts';
import { Layout, type Region } from '../memory/layout.ts';
import { gemmWork } from '../memory/workspace.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { begin, choose } from '../wasm/tiles.ts';

/** A square matrix that is squared and normalized repeatedly. */
export interface Power {
  /** Frobenius norm; 0 if it is too small to divide by. */
  norm(): number;
  /** Divides by a number. */
  divide(by: number): void;
  /** A becomes A·A. */
  square(): void;
  dispose(): void;
}

/** Powers in f64, in JavaScript. */
export class SmallPower implements Power {
  readonly #n: number;
  #a: Float64Array;
  #next: Float64Array;

  /** a: [n, n], overwritten. */
  constructor(a: Float64Array, n: number) {
    this.#n = n;
    this.#a = a;
    this.#next = doubles(n * n);
  }

  norm(): number {
    let sum = 0;
    for (const x of this.#a) sum += x * x;
    return Math.sqrt(sum);
  }

  divide(by: number): void {
    for (let i = 0; i < this.#a.length; i++) this.#a[i]! /= by;
  }

  square(): void {
    multiply(this.#a, this.#a, this.#next, this.#n, this.#n, this.#n);
    [this.#a, this.#next] = [this.#next, this.#a];
  }

  dispose(): void {}
}

/** Powers in f32, by the kernels, in their own memory. */
export class LargePower implements Power {
  /** Smallest norm whose inverse is finite in f32. */
  static readonly #tiny = 2 ** -120;
  readonly #n: number;
  readonly #arena: MemoryArena;
  readonly #work: Region;
  #a: Region;
  #next: Region;

  /**
   * a: [n, n].
   * @throws {StateError} before `init()`
   * @throws {FeatureError} with the kernels of `unrolled/core` or `unrolled/inference`
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(a: Float64Array, n: number) {
    const layout = new Layout(MemoryArena.start);
    this.#n = n;
    this.#a = layout.take('a matrix', n, n);
    this.#next = layout.take('its square', n, n);
    this.#work = layout.take('scratch', Math.ceil(gemmWork(n, n, n) / 4));
    this.#arena = new MemoryArena(layout.end);
    requireKernel(this.#arena.kernels, 'sgemm_nn');
    this.#arena.write(this.#a, a);
  }

  norm(): number {
    const norm = Math.sqrt(this.#arena.kernels.vec_sum_squares(this.#a.length, this.#a.ptr));
    return norm < LargePower.#tiny ? 0 : norm;
  }

  divide(by: number): void {
    this.#arena.kernels.vec_scale(this.#a.length, 1 / by, this.#a.ptr);
  }

  square(): void {
    const n = this.#n;
    const { ptr: a } = this.#a;
    const since = begin();
    this.#arena.kernels.sgemm_nn(n, n, n, a, n, a, n, 0, this.#next.ptr, n, this.#work.ptr);
    choose(this.#arena, since);
    [this.#a, this.#next] = [this.#next, this.#a];
  }

  dispose(): void {
    this.#arena.dispose();
  }
}

/** c[m, n] = a[m, k] · b[k, n]. */
export function multiply(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  m: number,
  n: number,
  k: number,
): void {
  c.fill(0);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[i * k + p]!;
      if (x === 0) continue;
      for (let j = 0; j < n; j++) c[i * n + j]! += x * b[p * n + j]!;
    }
  }
}
