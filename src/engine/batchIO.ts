import { byteArray, floats, integers } from '../allocate.ts';
import { unreadable } from '../check.ts';
import { ArgumentError, BATCH_FIRST, ShapeError, showShape } from '../errors.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';
import { isNumbers, mayBeNumbers, type Numbers } from '../ndarray.ts';
import { settledList } from '../settled.ts';
import type { Rows, Valid } from './rows.ts';

/** Options that select which steps count. */
export interface Steps {
  /** [B] number of steps of each row, 0 to T; the rest is padding and costs no time. Default: T. */
  readonly lengths?: ArrayLike<number> | undefined;
  /** [T, B] (or [B, T] with batchFirst): 1 or true for steps that count; the state skips the others. */
  readonly mask?:
    | ArrayLike<number | boolean>
    | {
        /** T · B marks, row-major. */
        readonly data: ArrayLike<number | boolean>;
        /** [T, B], or [B, T] with batchFirst. */
        readonly shape?: readonly number[] | undefined;
      }
    | undefined;
}

/** A copy of lengths or of a mask; the next one overwrites it. */
export interface KeptSteps {
  lengths?: Int32Array<ArrayBuffer> | undefined;
  mask?: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | undefined;
}

/**
 * Checks lengths or a mask of T steps of B rows; the mask is [B, T] with batchFirst, and returned as [T, B].
 * @param into overwritten and returned, so that a training step does not allocate
 * @param name of what is given in errors
 * @throws {ArgumentError} if both are given, a length is outside 0..T, or a mark is not 0 or 1
 * @throws {ShapeError} if the number of lengths or marks does not match
 */
export function readSteps(
  { lengths, mask }: Steps,
  steps: number,
  batch: number,
  batchFirst = false,
  into: KeptSteps = {},
  name = lengths === undefined ? 'mask' : 'lengths',
): Valid | undefined {
  const given = lengths ?? mask;
  if (given === undefined) return undefined;
  const kept = into.lengths;
  const keptMask = into.mask;
  into.lengths = into.mask = undefined;
  try {
    if (lengths === undefined) {
      const marks = readMarks(mask, batchFirst ? [batch, steps] : [steps, batch], name, keptMask);
      into.mask = batchFirst ? transpose(marks, batch, steps, 1) : marks;
    } else {
      if (mask !== undefined) throw new ArgumentError('mask', 'one of lengths and mask', mask);
      into.lengths = readLengths(lengths, steps, batch, batchFirst, name, kept);
    }
  } catch (error) {
    throw unreadable(name, given, error);
  }
  return into;
}

/** A copy; each length is read once. */
function readLengths(
  given: ArrayLike<number>,
  steps: number,
  batch: number,
  batchFirst: boolean,
  name: string,
  kept: KeptSteps['lengths'],
): Int32Array<ArrayBuffer> {
  if (!mayBeNumbers(given)) throw new ArgumentError(name, 'an array of numbers', given);
  const { length } = given;
  if (length !== batch) {
    const hint = length === steps && !batchFirst ? BATCH_FIRST : '';
    throw new ShapeError(name, `[${batch}]`, `${length} numbers${hint}`);
  }
  const copy = kept?.length === batch ? kept : integers(batch);
  for (let b = 0; b < batch; b++) {
    const n = given[b]!;
    if (!Number.isInteger(n) || n < 0 || n > steps)
      throw new ArgumentError(`${name}[${b}]`, `an integer in 0..${steps}`, n);
    copy[b] = n;
  }
  return copy;
}

/** A copy with marks 0 or 1. */
function readMarks(
  given: Steps['mask'],
  wanted: readonly number[],
  name: string,
  kept: KeptSteps['mask'],
): NonNullable<KeptSteps['mask']> {
  const { data = given, shape } = (given ?? {}) as { data?: unknown; shape?: unknown };
  if (!Array.isArray(data) && !ArrayBuffer.isView(data))
    throw new ArgumentError(name, 'an array of 0 and 1', given);
  const sizes = Array.isArray(shape) ? settledList(shape) : shape;
  if (sizes !== undefined && (!isNumbers(sizes) || `${sizes}` !== `${wanted}`))
    throw new ShapeError(name, showShape(wanted), isNumbers(sizes) ? (sizes as number[]) : 'another shape');
  const marks = data as unknown as ArrayLike<unknown>;
  const { length } = marks;
  const count = wanted[0]! * wanted[1]!;
  if (length !== count) throw new ShapeError(name, showShape(wanted), `${length} marks`);
  const copy = kept?.length === count ? kept : byteArray(count);
  for (let i = 0; i < count; i++) {
    const given = marks[i];
    const mark = given === true ? 1 : given === false ? 0 : given;
    if (mark !== 0 && mark !== 1) throw new ArgumentError(`${name}[${i}]`, '0 or 1', given);
    copy[i] = mark;
  }
  return copy;
}

/** Writes [T, B, width] to the first `count` rows of a plan's region: floats, or indices with width 1. */
export function writeRows(
  arena: MemoryArena,
  rows: Rows,
  { ptr }: Region,
  data: Numbers,
  width: number,
  kind: 'f32' | 'i32' = 'f32',
  count = rows.count,
): void {
  const memory = arena[kind];
  const to = ptr / 4;
  const { take } = rows;
  if (!take) {
    const first = rows.first * width;
    const n = count * width;
    if (first === 0 && data.length === n) memory.set(data, to);
    else for (let i = 0; i < n; i++) memory[to + i] = data[first + i]!;
    return;
  }
  for (let i = 0, at = to; i < count; i++) {
    const from = take[i]! * width;
    for (let j = 0; j < width; j++) memory[at++] = data[from + j]!;
  }
}

/** Copies a plan's region to its part of [T, B, width]; steps that do not count are not written. */
export function readRows(
  arena: MemoryArena,
  rows: Rows,
  { ptr }: Region,
  width: number,
  into: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const at = ptr / 4;
  const { take, count } = rows;
  const memory = arena.f32;
  if (!take) into.set(memory.subarray(at, at + count * width), rows.first * width);
  for (let i = 0, from = at; take && i < count; i++, from += width) {
    into.set(memory.subarray(from, from + width), take[i]! * width);
  }
  return into;
}

/**
 * Copies a state [B, W] in batch order from an array, starting at element `first`, to a slot; writes zeros without an
 * array.
 */
export function writeState(arena: MemoryArena, { order }: Rows, to: Region, data?: Numbers, first = 0): void {
  if (!data) {
    arena.clear(to);
    return;
  }
  const W = to.shape[1]!;
  const memory = arena.f32;
  for (let b = 0, at = to.ptr / 4; b < to.shape[0]!; b++) {
    const from = first + (order ? order[b]! : b) * W;
    for (let j = 0; j < W; j++) memory[at++] = data[from + j]!;
  }
}

/** Copies a slot [B, W] in batch order to an array, starting at element `first`. */
export function readState(
  arena: MemoryArena,
  { order }: Rows,
  from: Region,
  into: Float32Array,
  first: number,
): void {
  const W = from.shape[1]!;
  const memory = arena.f32;
  const at = from.ptr / 4;
  for (let b = 0; b < from.shape[0]!; b++) {
    into.set(memory.subarray(at + b * W, at + (b + 1) * W), first + (order ? order[b]! : b) * W);
  }
}

/** Copies a state between a slot (plan's row order) and a region (batch order). */
export function moveState(
  arena: MemoryArena,
  { order }: Rows,
  slot: Region,
  other: Region,
  into: 'slot' | 'other',
): void {
  if (!order) {
    if (into === 'slot') arena.copy(other, slot);
    else arena.copy(slot, other);
    return;
  }
  const W = slot.shape[1]!;
  const memory = arena.f32;
  for (let b = 0; b < slot.shape[0]!; b++) {
    const mine = slot.ptr / 4 + b * W;
    const its = other.ptr / 4 + order[b]! * W;
    if (into === 'slot') memory.copyWithin(mine, its, its + W);
    else memory.copyWithin(its, mine, mine + W);
  }
}

/** [T, B, width] from [B, T, width], or back with the two swapped. */
export function transpose(
  data: ArrayLike<number | boolean>,
  first: number,
  second: number,
  width: number,
  out = floats(first * second * width),
): Float32Array<ArrayBuffer> {
  for (let i = 0, at = 0; i < second; i++) {
    for (let j = 0; j < first; j++) {
      const from = (j * second + i) * width;
      for (let k = 0; k < width; k++) out[at++] = Number(data[from + k]);
    }
  }
  return out;
}
