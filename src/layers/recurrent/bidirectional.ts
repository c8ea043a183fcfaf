import type { LayerScope, Pass } from '../../engine/layer.ts';
import { At, align, type Region } from '../../memory/layout.ts';
import {
  MOVE_ADD as ADD,
  MOVE_COPY as COPY,
  MOVE_MULTIPLY as MULTIPLY,
} from '../../wasm/generated/constants.ts';
import type { Source } from './direction.ts';
import type { MergeMode } from './options.ts';

/**
 * Both directions of a stacked layer. The reverse direction runs on rows gathered from each row's last step to its
 * first, so that the kernels only run forward in time. Its scratch memory follows that of the kernels: the reversed
 * input, and the directions' outputs before they are merged. keepsLast: output only each direction's last output of
 * every row, [1, B, ·], which is hN.
 */
export function bidirectionalPass(
  scope: LayerScope,
  from: Source,
  I: number,
  W: number,
  mode: MergeMode,
  keepsLast: boolean,
  lay: (inner: LayerScope, source: Source, reverse: boolean) => Pass,
): Pass {
  const { kernels, rows, training } = scope;
  const capacity = scope.steps * scope.batch;
  const reversed = scope.reversed();
  // where the reverse direction's features begin
  const apart = mode === 'concat' ? W : 0;
  const width = W + apart;
  // for both directions: each row's last step has the same index, since both have the same rows at each step
  const last = keepsLast ? scope.lastRows() : undefined;
  const output = scope.output('directions', last ? 1 : scope.steps, scope.batch, width);
  const scratch = scope.work(0);
  let kernelBytes = 0;
  let ownBytes = 0;
  const take = (...shape: number[]): Region => {
    const distance = ownBytes;
    const region = new At(shape, () => scratch.ptr + kernelBytes + distance);
    ownBytes += align(region.length * 4);
    return region;
  };
  const inner: LayerScope = {
    ...scope,
    work: (bytes) => {
      kernelBytes = Math.max(kernelBytes, align(bytes));
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
  const dLast = training && last ? take(scope.batch, W) : x;
  const dx = training && !table ? take(capacity, I) : x;
  scope.work(kernelBytes + ownBytes);

  const reverseInput = () => {
    const source = table ? from.index! : from.x;
    const n = table ? 1 : I;
    kernels.move_rows(rows.count, n, source.ptr, n, reversed.ptr, x.ptr, n, COPY);
  };
  const merge = () => {
    const N = last ? rows.rowsWithSteps : rows.count;
    if (last && N < rows.batch) scope.arena.clear(output);
    kernels.move_rows(N, W, ahead.output.ptr, W, last?.ptr ?? 0, output.ptr, width, COPY);
    const at = output.ptr + apart * 4;
    const how = apart ? COPY : mode === 'mul' ? MULTIPLY : ADD;
    kernels.move_rows(N, W, back.output.ptr, W, (last ?? reversed).ptr, at, width, how);
    if (mode === 'ave') kernels.vec_scale(N * W, 0.5, output.ptr);
  };
  // one direction's gradient from that of the merged output: of last steps zeros but at each row's own
  const split = (dy: number, index: number, other: Region, to: Region) => {
    const N = last ? rows.rowsWithSteps : rows.count;
    const part = last ? dLast.ptr : to.ptr;
    kernels.move_rows(N, W, dy, width, last ? 0 : index, part, W, COPY);
    if (mode === 'ave') kernels.vec_scale(N * W, 0.5, part);
    if (mode === 'mul') kernels.move_rows(N, W, other.ptr, W, (last ?? reversed).ptr, part, W, MULTIPLY);
    if (last) {
      kernels.vec_fill(rows.count * W, 0, to.ptr);
      kernels.scatter_add_rows(N, W, part, last.ptr, to.ptr);
    }
  };
  return {
    output,
    states: [...ahead.states, ...back.states],
    traces: [...(ahead.traces ?? []), ...(back.traces ?? [])],
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
      split(dy, 0, back.output, dAhead);
      split(dy + apart * 4, reversed.ptr, ahead.output, dBack);
      ahead.backward(dAhead.ptr, dxAt, finish);
      reverseInput();
      back.backward(dBack.ptr, dxAt && dx.ptr, finish);
      if (dxAt && !table) kernels.move_rows(rows.count, I, dx.ptr, I, reversed.ptr, dxAt, I, ADD);
    },
    end: () => (ahead.end?.() ?? 0) + (back.end?.() ?? 0),
  };
}
