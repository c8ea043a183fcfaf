import { Descriptor } from '../layers/recurrent/descriptor.ts';
import { Layout, type Region } from '../memory/layout.ts';
import { configurableWork } from '../memory/workspace.ts';
import type { Heap } from './heap.ts';
import type { Rows } from './rows.ts';
import type { Values } from './tf.ts';
import type { CellWeights } from './weights.ts';

/** What a pass over a sequence reads. */
export interface SequenceInput {
  /** [B, T, I]. */
  readonly x: Values;
  /** [B, H]; zeros if left out. */
  readonly h0?: Values | undefined;
  readonly c0?: Values | undefined;
  /** [B, I] and [B, H]: what x and h0 are multiplied by at each step. */
  readonly inputMask?: Values | undefined;
  readonly stateMask?: Values | undefined;
}

/** What a pass over a sequence gives: [B, T, H] if asked for, [B, H], and [B, H] of an LSTM. */
export interface SequenceOutput {
  readonly y: Float32Array | undefined;
  readonly h: Float32Array;
  readonly c: Float32Array | undefined;
}

/** Memory of a forward pass that trains, until the backward pass: pointers. */
export interface Kept {
  readonly descriptor: Descriptor;
  readonly x: number;
  /** [B + N, H], the initial states first. */
  readonly h: number;
  /** [B, I], rows in the order of the steps; 0 for none. */
  readonly inputMask: number;
  readonly block: number;
  readonly bytes: number;
}

/** A block with regions: their pointers. */
export function blockOf<Name extends string>(
  heap: Heap,
  floats: Readonly<Record<Name, number>>,
): { at: Record<Name, number>; block: number; bytes: number } {
  const layout = new Layout(0);
  const names = Object.keys(floats) as Name[];
  const regions = names.map((name) => (floats[name] > 0 ? layout.take(name, floats[name]) : undefined));
  const bytes = Math.max(layout.end, 64);
  const block = heap.take(bytes);
  const pointers = names.map((name, i) => [name, regions[i] ? block + regions[i].ptr : 0] as const);
  return { at: Object.fromEntries(pointers) as Record<Name, number>, block, bytes };
}

/** blockOf, which frees another block if there is no room. */
function orFree<Name extends string>(
  heap: Heap,
  { block, bytes }: { readonly block: number; readonly bytes: number },
  floats: Readonly<Record<Name, number>>,
) {
  try {
    return blockOf(heap, floats);
  } catch (error) {
    heap.release(block, bytes);
    throw error;
  }
}

/** Scratch memory of the kernels for the given number of rows. */
export function workOf(weights: CellWeights, rows: Rows, training: boolean) {
  const { I, H, G, family } = weights;
  return configurableWork({
    ...{ rows: Math.max(rows.count, rows.B), batch: rows.B, I, H, W: H, G, heads: 1, projSize: 0 },
    products: family.kind.products,
    training,
  });
}

/** Steps whose input is projected at once in inference: their gates fit in L2 (256 kB). */
const CHUNK_FLOATS = 65_536;

/**
 * All steps of one cell. training: keeps what `backward` needs, else nothing.
 * @throws {MemoryError} beyond 2 GiB
 */
export function forward(
  heap: Heap,
  weights: CellWeights,
  rows: Rows,
  input: SequenceInput,
  needsY: boolean,
  training: boolean,
): { output: SequenceOutput; kept: Kept | undefined } {
  const { I, H, G, family } = weights;
  const { B, T, steps, count: N } = rows;
  const { arena } = heap;
  const S = family.kind.slots * H;
  const hasC = family.kind.states.c !== undefined;
  const held = training ? N : B;
  const chunk = training ? steps : Math.max(1, Math.min(steps, Math.floor(CHUNK_FLOATS / (B * S))));
  const masked = input.stateMask !== undefined;
  const part = { if: (on: boolean, floats: number) => (on ? floats : 0) };
  const kept = blockOf(heap, {
    descriptor: Descriptor.words,
    x: N * I,
    h: (B + N) * H,
    c: part.if(hasC, training ? (B + N) * H : B * H),
    gates: (training ? N : Math.min(chunk * B, N)) * S,
    slopes: part.if(training, N * G),
    seen: part.if(hasC, held * H),
    seenSlope: part.if(hasC && training, N * H),
    dropped: part.if(masked, held * H),
    inputMask: part.if(input.inputMask !== undefined, B * I),
    maskH: part.if(masked, B * H),
  });
  const work = workOf(weights, rows, false);
  const temporary = orFree(heap, kept, {
    // a row, a state or an output batch first, or what is to be sorted
    raw: B * Math.max(T * (rows.inputAt ? I : 0), I, H, needsY && rows.outputAt ? T * H : 0),
    state: B * H,
    work: work.bytes / 4,
  });
  const { at } = kept;
  const { raw, state } = temporary.at;
  const { kernels } = arena;
  const write = (values: Values, width: number, to: number) => {
    const from = rows.orderAt ? raw : to;
    arena.f32.set(values, from / 4);
    if (rows.orderAt) kernels.gather_rows(B, width, raw, rows.orderAt, to);
  };
  const initial = (values: Values | undefined, to: number) => {
    if (values) write(values, H, to);
    else arena.f32.fill(0, to / 4, to / 4 + B * H);
  };

  // x, by step
  arena.f32.set(input.x, (rows.inputAt ? raw : at.x) / 4);
  if (rows.inputAt) kernels.gather_rows(N, I, raw, rows.inputAt, at.x);
  if (input.inputMask) {
    write(input.inputMask, I, at.inputMask);
    multiplySteps(heap, rows, I, at.inputMask, at.x);
  }
  if (input.stateMask) write(input.stateMask, H, at.maskH);
  initial(input.h0, at.h);
  if (hasC) initial(input.c0, at.c);
  if (!training) arena.f32.copyWithin(state / 4, at.h / 4, at.h / 4 + B * H);

  const descriptor = new Descriptor(arena, { ptr: at.descriptor, shape: [], length: 0 } satisfies Region);
  descriptor.setAll({
    cell: family.kind.kind,
    T: steps,
    B,
    I,
    H,
    W: H,
    heads: 1,
    sizes: rows.sizesAt,
    x: at.x,
    wIh: weights.wIh,
    wHh: weights.wHh,
    bIh: weights.bias,
    bHh: weights.stateBias,
    clip: Number.POSITIVE_INFINITY,
    training: training ? 1 : 0,
    chunk,
    packed: weights.packed ? 1 : 0,
    h: training ? at.h : state,
    c: at.c,
    y: training ? 0 : at.h + B * H * 4,
    gates: at.gates,
    slopes: at.slopes,
    seen: at.seen,
    seenSlope: at.seenSlope,
    dropped: at.dropped,
    maskH: at.maskH,
  });
  for (const [k, { kind, alpha, beta }] of weights.kinds.entries()) {
    const gate = k as 0 | 1 | 2 | 3 | 4;
    descriptor.set(`kind${gate}`, kind);
    descriptor.set(`alpha${gate}`, alpha);
    descriptor.set(`beta${gate}`, beta);
  }
  setWork(descriptor, work.at, temporary.at.work);
  descriptor.setAll(weights.panels);
  if (N > 0) {
    kernels.configurable_forward(descriptor.write());
    weights.packed = true;
  }

  const read = (ptr: number, floats: number) => arena.read({ ptr, length: floats });
  let y: Float32Array | undefined;
  if (needsY) {
    if (rows.outputAt) kernels.gather_rows(B * T, H, at.h, rows.outputAt, raw);
    y = read(rows.outputAt ? raw : at.h + B * H * 4, B * T * H);
  }
  kernels.gather_rows(B, H, at.h, rows.lastAt, raw);
  const h = read(raw, B * H);
  let c: Float32Array | undefined;
  if (hasC) {
    let from = at.c;
    if (training) {
      kernels.last_rows(steps, B, H, rows.sizesAt, at.c, state);
      from = state;
    }
    if (rows.rankAt) kernels.gather_rows(B, H, from, rows.rankAt, raw);
    c = read(rows.rankAt ? raw : from, B * H);
  }
  heap.release(temporary.block, temporary.bytes);
  if (!training) heap.release(kept.block, kept.bytes);
  return {
    output: { y, h, c },
    kept: training
      ? { descriptor, x: at.x, h: at.h, inputMask: at.inputMask, block: kept.block, bytes: kept.bytes }
      : undefined,
  };
}

/** Pointers of scratch memory. */
export function setWork(descriptor: Descriptor, parts: Readonly<Record<string, number>>, work: number): void {
  for (const name of Object.keys(parts) as 'tile'[]) descriptor.set(name, work + parts[name]!);
}

/** The rows of each step times mask [B, width]. */
export function multiplySteps(heap: Heap, rows: Rows, width: number, mask: number, to: number): void {
  let row = to;
  for (let t = 0; t < rows.steps; t++) {
    const n = (rows.sizes ? rows.sizes[t]! : rows.B) * width;
    heap.arena.kernels.vec_mul(n, row, mask, row);
    row += n * 4;
  }
}
