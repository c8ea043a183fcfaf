import { expect } from 'vitest';
import type { Given, NDArray } from '../../src/ndarray.ts';
import type { KernelBuild } from '../../src/wasm/runtime.ts';
import { relaxedIsSupported } from '../kernels/binaries.ts';
import { expectSame } from '../kernels/closeness.ts';
import { generator, uniform } from '../reference/random.ts';

/** Builds this engine runs. */
export const kernelBuilds: readonly KernelBuild[] = relaxedIsSupported ? ['simd', 'relaxed'] : ['simd'];

type Dict = Record<string, NDArray>;

/** Draws inputs from a seed. */
export class Draw {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = generator(seed);
  }

  /** Uniform in [-scale, scale), float32. */
  features(scale: number, ...shape: number[]): NDArray {
    return {
      data: Float32Array.from(
        uniform(
          this.next,
          shape.reduce((a, b) => a * b, 1),
          scale,
        ),
      ),
      shape,
    };
  }

  /** Integers in 0..below−1. */
  indices(below: number, ...shape: number[]): NDArray<Int32Array<ArrayBuffer>> {
    const length = shape.reduce((a, b) => a * b, 1);
    return { data: Int32Array.from({ length }, () => this.integer(0, below - 1)), shape };
  }

  /** In low..high. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
}

/** Equal names, shapes and bits. */
export function expectSameDict(got: Dict, expected: Dict, label = ''): void {
  expect(Object.keys(got), label).toEqual(Object.keys(expected));
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(got[name]!.shape, `${label} ${name}`).toEqual(shape);
    expectSame(got[name]!.data, data, `${label} ${name}`);
  }
}

/** Equal shape and bits. */
export function expectSameArray(
  got: NDArray | undefined,
  expected: NDArray | undefined,
  label: string,
): void {
  expectSameDict(got ? { [label]: got } : {}, expected ? { [label]: expected } : {});
}

/** Data in float64 by name. */
export function doubles(dict: Dict): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(dict).map(([name, { data }]) => [name, Float64Array.from(data)] as const),
  );
}

/** All values a dict holds, one after the other. */
export function concatenated(dict: Dict): Float32Array<ArrayBuffer> {
  return Float32Array.from(Object.values(dict).flatMap(({ data }) => [...data]));
}

/** Steps from..to of a sequence [T, B, …]. */
export function stepsOf<A extends Float32Array | Int32Array>(
  { data, shape }: { data: A; shape: readonly number[] },
  from: number,
  to: number,
): { data: A; shape: readonly number[] } {
  const row = data.length / shape[0]!;
  return { data: data.slice(from * row, to * row) as A, shape: [to - from, ...shape.slice(1)] };
}

/** What `call` throws. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}

/** A value of the wrong type, as plain JavaScript could hand it in. */
export function wrong(value: unknown): Given {
  return value as Given;
}

/** SHA-256 of 32-bit or 64-bit floats, all NaNs being one, in hexadecimal. */
export async function sha256(values: Float32Array | Float64Array): Promise<string> {
  const copy = values.map((v) => (Number.isNaN(v) ? Number.NaN : v));
  const digest = await crypto.subtle.digest('SHA-256', copy as BufferSource as ArrayBuffer);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
