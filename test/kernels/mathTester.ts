import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { sigmoid } from '../reference/math.ts';
import { type BuildName, type Placement, Sandbox } from './sandbox.ts';

export type MathKernel = 'vec_exp' | 'vec_tanh' | 'vec_sigmoid';

interface MathPromise {
  readonly call: (kernels: KernelCalls, n: number, x: number, y: number) => void;
  /** In float64. */
  readonly of: (x: number) => number;
  /** Float32 steps from the rounded float64 result. */
  readonly ulps: number;
  readonly least: number;
  readonly most: number;
  /** Results below 2^-126 are 0. */
  readonly flushes: boolean;
}

export const promises: Record<MathKernel, MathPromise> = {
  vec_exp: {
    call: (k, n, x, y) => k.vec_exp(n, x, y),
    of: Math.exp,
    ulps: 2,
    least: 0,
    most: Number.POSITIVE_INFINITY,
    flushes: true,
  },
  vec_tanh: {
    call: (k, n, x, y) => k.vec_tanh(n, x, y),
    of: Math.tanh,
    ulps: 4,
    least: -1,
    most: 1,
    flushes: false,
  },
  vec_sigmoid: {
    call: (k, n, x, y) => k.vec_sigmoid(n, x, y),
    of: sigmoid,
    ulps: 4,
    least: 0,
    most: 1,
    flushes: true,
  },
};

export const mathKernels = Object.keys(promises) as MathKernel[];

/** y for every x, in one call between guard zones. */
export class MathTester {
  readonly #sandbox: Sandbox;
  readonly #kernel: MathKernel;
  readonly #x: number;
  readonly #y: number;
  readonly #floats: Float32Array;
  readonly #length: number;

  /** `length`: the most values of a call. */
  constructor(build: BuildName, kernel: MathKernel, length: number) {
    this.#kernel = kernel;
    this.#length = length;
    this.#sandbox = new Sandbox(build, length * 8);
    this.#x = this.#sandbox.input('x', new Float32Array(length));
    this.#y = this.#sandbox.output('y', length);
    this.#floats = new Float32Array(this.#sandbox.memory.buffer);
  }

  /** A view, valid until the next call. */
  apply(x: Float32Array): Float32Array {
    if (x.length > this.#length) throw new Error('too many values');
    this.#floats.set(x, this.#x / 4);
    this.#sandbox.run((kernels) => promises[this.#kernel].call(kernels, x.length, this.#x, this.#y));
    return this.#floats.subarray(this.#y / 4, this.#y / 4 + x.length);
  }
}

/** y for few values, in a memory of their own. */
export function applyOnce(
  build: BuildName,
  kernel: MathKernel,
  values: Float32Array,
  { x: placeX = 'guarded', y: placeY = 'guarded' }: { x?: Placement; y?: Placement } = {},
): Uint32Array {
  const sandbox = new Sandbox(build, values.length * 8);
  const x = sandbox.input('x', values, placeX);
  const y = sandbox.output('y', values.length, placeY);
  sandbox.run((kernels) => promises[kernel].call(kernels, values.length, x, y));
  return sandbox.bits(y, values.length);
}

export interface Worst {
  ulps: number;
  x: number;
  got: number;
}

const SMALLEST_NORMAL = 2 ** -126;

/** Throws on a result out of range, not 0 where it should be, or NaN without cause; else the worst error. */
export function judge(kernel: MathKernel, x: Float32Array, y: Float32Array, worst: Worst): void {
  const { of, least, most, flushes } = promises[kernel];
  const wanted = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const value = of(x[i]!);
    wanted[i] = value;
    if (flushes && value < SMALLEST_NORMAL) wanted[i] = 0;
    const got = y[i]!;
    if (Number.isNaN(x[i]!) ? !Number.isNaN(got) : !(got >= least && got <= most)) {
      throw new Error(`${kernel}(${x[i]}) is ${got}`);
    }
    if (wanted[i] === 0 && !Object.is(got, wanted[i])) {
      throw new Error(`${kernel}(${x[i]}) is ${got} instead of ${wanted[i]}`);
    }
  }
  const gotBits = new Int32Array(y.buffer, y.byteOffset, y.length);
  const wantedBits = new Int32Array(wanted.buffer);
  for (let i = 0; i < x.length; i++) {
    if (gotBits[i] === wantedBits[i] || Number.isNaN(x[i]!)) continue;
    const ulps = Math.abs(ordered(gotBits[i]!) - ordered(wantedBits[i]!));
    if (ulps > worst.ulps) {
      worst.ulps = ulps;
      worst.x = x[i]!;
      worst.got = y[i]!;
    }
  }
}

/** The position of a float32 among all of them; both zeros are 0. */
function ordered(bits: number): number {
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

/** Throws unless negated inputs give the negated results to the bit. */
export function judgeOdd(x: Float32Array, y: Float32Array, negated: Float32Array): void {
  const bits = new Int32Array(y.buffer, y.byteOffset, y.length);
  const others = new Int32Array(negated.buffer, negated.byteOffset, negated.length);
  for (let i = 0; i < x.length; i++) {
    if ((bits[i]! ^ others[i]!) !== -2147483648 && !Number.isNaN(x[i]!)) {
      throw new Error(`f(${x[i]}) is ${y[i]}, f(${-x[i]!}) is ${negated[i]}`);
    }
  }
}
