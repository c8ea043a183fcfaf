import { Windows } from '../../src/wasm/generated/structs.ts';
import { type WindowShape, windowsOf } from '../reference/windows.ts';
import type { Sandbox } from './sandbox.ts';

/** Windows over rows of these lengths, longest first, packed step after step. */
export class PackedWindows {
  readonly shape: WindowShape;
  readonly lengths: readonly number[];
  /** Windows of each row. */
  readonly counts: readonly number[];
  readonly starts: readonly number[];
  readonly outStarts: readonly number[];

  constructor(shape: WindowShape, lengths: readonly number[]) {
    this.shape = shape;
    this.lengths = lengths;
    this.counts = lengths.map((n) => windowsOf(shape, n).length);
    this.starts = startsOf(lengths);
    this.outStarts = startsOf(this.counts);
  }

  /** Rows of the input. */
  get rows(): number {
    return this.starts.at(-1)!;
  }

  /** Rows of the output. */
  get outRows(): number {
    return this.outStarts.at(-1)!;
  }

  /** Floats that `write` takes. */
  get words(): number {
    return Object.keys(Windows).length + this.starts.length + this.outStarts.length + 2 * this.lengths.length;
  }

  /** Writes the struct and what it points to. */
  write(sandbox: Sandbox): number {
    const { lengths, shape, starts, outStarts } = this;
    const lefts = lengths.map((n) => -(windowsOf(shape, n)[0]?.[0] ?? 0));
    const full = lengths.every((n) => n === lengths[0]) ? lengths.length : 0;
    const values: Record<keyof typeof Windows, number> = {
      T: starts.length - 1,
      outT: outStarts.length - 1,
      B: lengths.length,
      full,
      starts: sandbox.indices('starts', starts),
      outStarts: sandbox.indices('outStarts', outStarts),
      lefts: sandbox.indices('lefts', lefts),
      lengths: sandbox.indices('lengths', lengths),
      taps: shape.size,
      stride: shape.stride,
      dilation: shape.dilation,
    };
    const words = (Object.keys(Windows) as (keyof typeof Windows)[]).map((name) => values[name]);
    return sandbox.indices('windows', words);
  }

  /** Row b of a packed [N, C], or of an output. */
  row(values: Float32Array, b: number, C: number, of: 'in' | 'out' = 'in'): Float64Array {
    const starts = of === 'in' ? this.starts : this.outStarts;
    const length = (of === 'in' ? this.lengths : this.counts)[b]!;
    const steps = Array.from({ length }, (_, t) =>
      values.slice((starts[t]! + b) * C, (starts[t]! + b + 1) * C),
    );
    return Float64Array.from(steps.flatMap((step) => [...step]));
  }
}

/** First row of each step, and N. */
function startsOf(lengths: readonly number[]): number[] {
  const steps = Math.max(...lengths);
  const starts = [0];
  for (let t = 0; t < steps; t++) starts.push(starts[t]! + lengths.filter((n) => n > t).length);
  return starts;
}
