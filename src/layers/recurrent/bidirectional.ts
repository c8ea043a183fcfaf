import type { Region } from '../../memory/layout.ts';
import type { Pass, Scope } from '../layer.ts';
import type { Source } from './direction.ts';
import type { MergeMode } from './options.ts';
import { At } from './states.ts';

/** assembly/vec/rows.ts. */
const COPY = 0;
const ADD = 1;
const MULTIPLY = 2;

/**
 * Both directions of a stacked layer. The one from the end runs on rows gathered from each row's last step to its first,
 * so that the kernels know one direction alone. Its scratch memory lies after that of the kernels: the reversed input
 * and what passes between the directions and the merged output.
 */
export function bidirectionalPass(
  scope: Scope,
  from: Source,
  I: number,
  W: number,
  mode: MergeMode,
  lay: (inner: Scope, source: Source, reverse: boolean) => Pass,
): Pass {
  const { kernels, rows, training } = scope;
  const capacity = scope.steps * scope.batch;
  const reversed = scope.reversed();
  const width = mode === 'concat' ? 2 * W : W;
  const output = scope.output('directions', scope.steps, scope.batch, width);
  const scratch = scope.work(0);
  let kernelBytes = 0;
  let ownBytes = 0;
  const take = (...shape: number[]): Region => {
    const distance = ownBytes;
    const region = new At(shape, () => scratch.ptr + kernelBytes + distance);
    ownBytes += Math.ceil((region.length * 4) / 64) * 64;
    return region;
  };
  const inner: Scope = {
    ...scope,
    work: (bytes) => {
      kernelBytes = Math.max(kernelBytes, Math.ceil(bytes / 64) * 64);
      return scratch;
    },
    output: (what, ...shape) => (training ? scope.keep(what, ...shape) : take(...shape)),
  };
  const table = from.index !== undefined;
  const x = table ? take(capacity) : take(capacity, I);
  const backFrom: Source = table ? { ...from, index: x } : { ...from, x };
  const ahead = lay(inner, from, false);
  const back = lay(inner, backFrom, true);
  const dAhead = training ? take(capacity, W) : x;
  const dBack = training ? take(capacity, W) : x;
  const dx = training && !table ? take(capacity, I) : x;
  scope.work(kernelBytes + ownBytes);

  const reverseInput = () => {
    const source = table ? from.index! : from.x;
    const n = table ? 1 : I;
    kernels.move_rows(rows.count, n, source.ptr, n, reversed.ptr, x.ptr, n, COPY);
  };
  const merge = () => {
    const N = rows.count;
    kernels.move_rows(N, W, ahead.output.ptr, W, 0, output.ptr, width, COPY);
    const at = output.ptr + (mode === 'concat' ? W * 4 : 0);
    const how = mode === 'concat' ? COPY : mode === 'mul' ? MULTIPLY : ADD;
    kernels.move_rows(N, W, back.output.ptr, W, reversed.ptr, at, width, how);
    if (mode === 'ave') kernels.vec_scale(N * W, 0.5, output.ptr);
  };
  const split = (dy: number) => {
    const N = rows.count;
    const right = dy + (mode === 'concat' ? W * 4 : 0);
    kernels.move_rows(N, W, dy, width, 0, dAhead.ptr, W, COPY);
    kernels.move_rows(N, W, right, width, reversed.ptr, dBack.ptr, W, COPY);
    if (mode === 'ave') {
      kernels.vec_scale(N * W, 0.5, dAhead.ptr);
      kernels.vec_scale(N * W, 0.5, dBack.ptr);
    } else if (mode === 'mul') {
      kernels.move_rows(N, W, back.output.ptr, W, reversed.ptr, dAhead.ptr, W, MULTIPLY);
      kernels.move_rows(N, W, ahead.output.ptr, W, reversed.ptr, dBack.ptr, W, MULTIPLY);
    }
  };
  return {
    output,
    states: [...ahead.states, ...back.states],
    sights: [...(ahead.sights ?? []), ...(back.sights ?? [])],
    begin: () => {
      ahead.begin?.();
      back.begin?.();
    },
    forward: (packed) => {
      reverseInput();
      ahead.forward(packed);
      back.forward(packed);
      merge();
    },
    backward: (dy, dxAt, finish) => {
      split(dy);
      ahead.backward(dAhead.ptr, dxAt, finish);
      reverseInput();
      back.backward(dBack.ptr, dxAt && dx.ptr, finish);
      if (dxAt && !table) kernels.move_rows(rows.count, I, dx.ptr, I, reversed.ptr, dxAt, I, ADD);
    },
    end: () => (ahead.end?.() ?? 0) + (back.end?.() ?? 0),
  };
}
