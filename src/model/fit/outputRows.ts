import { floats, integers } from '../../allocate.ts';
import type { MetricRows } from '../../data/metrics/metric.ts';
import type { MemoryArena } from '../../memory/arena.ts';

/** Where outputs and targets of a batch are. */
export interface OutputRegion {
  readonly output: number;
  readonly targets: number;
  readonly rows: number;
  /** Outputs per row. */
  readonly size: number;
  readonly kind: 'indices' | 'features';
  /** Numbers per row of targets that are features. */
  readonly targetSize: number;
  readonly ignoreIndex: number;
  /** First rows that don't count. */
  readonly skipped: number;
  readonly weights: ArrayLike<number> | undefined;
}

/** Outputs and targets of the rows that count, as metrics take them. */
export interface OutputRows {
  readonly output: Float32Array;
  readonly target: Float32Array | Int32Array;
  readonly rows: MetricRows;
}

/** Copies of the rows that count. */
export function outputRows({ f32, i32 }: MemoryArena, region: OutputRegion): OutputRows {
  const { rows, size, kind, targetSize, ignoreIndex, skipped, weights } = region;
  const [from, targets] = [region.output / 4, region.targets / 4];
  const isIndices = kind === 'indices';
  const chosen: number[] = [];
  for (let i = skipped; i < rows; i++) {
    if (isIndices && i32[targets + i] === ignoreIndex) continue;
    if (weights && !(weights[i]! > 0)) continue;
    chosen.push(i);
  }
  const count = chosen.length;
  const output = floats(count * size);
  const width = isIndices ? 1 : targetSize;
  const target = isIndices ? integers(count) : floats(count * width);
  for (const [to, i] of chosen.entries()) {
    output.set(f32.subarray(from + i * size, from + (i + 1) * size), to * size);
    for (let j = 0; j < width; j++)
      target[to * width + j] = (isIndices ? i32 : f32)[targets + i * width + j]!;
  }
  const own = weights && floats(count).map((_, k) => weights[chosen[k]!]!);
  return { output, target, rows: { count, size, targets: kind, weights: own } };
}
