import type { Value } from '../builder.ts';
import { field, isObject, type Json, type JsonObject } from '../json.ts';
import { axisOf, reshaped, sizesOf } from '../tensors.ts';
import { joinedOn } from './joins.ts';
import { axisAt, isTf, type Operation, type Run, refuse } from './operationCall.ts';
import { pick, slice } from './tensors.ts';

/** The indices that a slice selects of `size`. */
function rangeOf(call: Operation, given: number | null, part: JsonObject) {
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => part[name] ?? null);
  const by = (step ?? 1) as number;
  const isWhole = (start === null || start === 0) && stop === null && by === 1;
  if (isWhole) return undefined;
  const size = sizesOf(call, { shape: [given] })[0]!;
  for (const each of [start, stop, by])
    if (each !== null && !Number.isSafeInteger(each)) refuse(call, 'key', part);
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const [first, last] =
    by > 0
      ? [clamp((start ?? 0) as number, 0, size), stop === null ? size : clamp(stop as number, 0, size)]
      : [
          start === null ? size - 1 : clamp(start as number, -1, size - 1),
          stop === null ? -1 : clamp(stop as number, -1, size - 1),
        ];
  const count = by ? Math.ceil((last - first) / by) : 0;
  if (count < 1) call.layer.fail('a slice is empty');
  return { start: first, count, step: by };
}

/** One step of a sequence. */
function stepOf(call: Operation, x: Value, index: number): Value {
  const { builder, layer } = call;
  const n = layer.features(x);
  const all = builder.allSteps(layer, x);
  if (index === -1) return builder.apply(layer.name, 'Pool', { kind: 'last' }, [all], [n]);
  if (index !== 0) return pick(call, x, 0, index < 0 ? sizesOf(call, x)[0]! + index : index);
  const reversed = builder.apply(layer.name, 'Reverse', {}, [all], all.shape);
  return builder.apply(layer.name, 'Pool', { kind: 'last' }, [reversed], [n]);
}

/** x[:, -1], x[..., 1:3] and the like. */
export const getItem: Run = (call) => {
  const { layer } = call;
  const given = call.plain(1, 'key', 'slice_spec');
  const parts = (Array.isArray(given) ? given : [given]) as readonly Json[];
  const isEllipsis = (part: Json) =>
    part === '...' || (isObject(part) && /ellipsis/i.test(JSON.stringify(part)));
  const at = parts.findIndex(isEllipsis);
  const rank = call.x.shape.length + 1;
  const used = parts.filter((part, i) => part !== null && i !== at).length;
  if (used > rank) refuse(call, 'key', given);
  const whole: JsonObject = {};
  const full =
    at < 0 ? parts : [...parts.slice(0, at), ...Array<Json>(rank - used).fill(whole), ...parts.slice(at + 1)];
  let x = call.x;
  // of the batch, then axes of x from the first one
  for (const [i, part] of full.entries()) {
    const axis = x.shape.length - rank + i;
    const slot = isObject(part) ? ((field(part, 'config') ?? part) as JsonObject) : part;
    if (i === 0) {
      if (!isObject(slot) || rangeOf(call, null, slot)) layer.fail('a slice of the batch is not supported');
    } else if (slot === null) x = expanded(call, x, axis);
    else if (typeof slot === 'number') {
      if (x.shape.length === 2 && axis === 0) x = stepOf(call, x, slot);
      else {
        const size = x.shape[axis] ?? sizesOf(call, x)[axis]!;
        const index = slot < 0 ? slot + size : slot;
        if (!(index >= 0 && index < size)) refuse(call, 'key', slot);
        x = pick(call, x, axis, index);
      }
    } else if (isObject(slot)) {
      const range = rangeOf(call, x.shape[axis] ?? null, slot);
      if (range) x = slice(call, x, axis, range.start, range.count, range.step);
    } else refuse(call, 'key', slot);
  }
  return x;
};

/** With an axis of size 1. */
export function expanded(call: Operation, x: Value, axis: number): Value {
  return reshaped(call, x, sizesOf(call, x).toSpliced(axis, 0, 1));
}

/** A list of equal parts, or of parts from indices on. */
export const split: Run = (call) => {
  const axis = axisAt(call, 2, 0);
  const size = sizesOf(call, call.x)[axis]!;
  const given = call.plain(1, 'indices_or_sections', 'num_or_size_splits');
  const list = (Array.isArray(given) ? given : []) as readonly number[];
  const parts = typeof given === 'number' ? given : list.length;
  const isPlain = [...list, parts].every((each) => Number.isSafeInteger(each) && each >= 0 && each <= size);
  const no = () => refuse(call, 'indices_or_sections', given);
  if (!isPlain || !parts || (!list.length && size % parts)) return no();
  const starts = !list.length
    ? Array.from({ length: parts }, (_, i) => (i * size) / parts)
    : isTf(call)
      ? list.map((_, i) => list.slice(0, i).reduce((a, b) => a + b, 0))
      : [0, ...list];
  const ends = starts.map((_, i) => starts[i + 1] ?? size);
  if (ends.some((end, i) => end <= starts[i]! || end > size)) no();
  return starts.map((start, i) => slice(call, call.x, axis, start, ends[i]! - start));
};

export const stack: Run = (call) => {
  const { list } = call;
  const axis = call.plain(1, 'axis') ?? 0;
  const rank = list[0]?.shape.length ?? 0;
  const at = axisOf(call, axis, { shape: Array<null>(rank + 1).fill(null) });
  return joinedOn(
    call,
    list.map((each) => expanded(call, each, at)),
    at + 1,
  );
};
