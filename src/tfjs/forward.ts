import type { ActivationKind } from '../activations.ts';
import { Descriptor } from '../layers/recurrent/descriptor.ts';
import type { Region } from '../memory/layout.ts';
import type { Recurrence } from '../wasm/generated/structs.ts';
import { type Exchange, written } from './exchange.ts';
import { blockOf, type Heap } from './heap.ts';
import type { Rows } from './rows.ts';
import type { TensorInfo } from './tf.ts';
import { type CellWeights, cellWork, type Work } from './weights.ts';

/** What a pass over a sequence reads. */
export interface SequenceInput {
  /** [B, T, I]. */
  readonly x: TensorInfo;
  /** [B, H]; zeros if left out. */
  readonly h0?: TensorInfo | undefined;
  readonly c0?: TensorInfo | undefined;
  /** [B, I] and [B, H]: what x and h0 are multiplied by at each step. */
  readonly inputMask?: TensorInfo | undefined;
  readonly stateMask?: TensorInfo | undefined;
  /** Of the gates, then what the state passes. */
  readonly kinds: readonly ActivationKind[];
}

/** What a pass over a sequence gives: [B, T, H], [B, H], and [B, H] of an LSTM. */
export type SequenceOutput = 'y' | 'h' | 'c';

/** Memory of a forward pass that trains, until the backward pass: pointers. */
export interface Kept {
  readonly descriptor: Descriptor;
  /** [N]: as the descriptor has it; 0 for none. */
  readonly index: number;
  /** [B, I], rows in the order of the steps; 0 for none. */
  readonly inputMask: number;
  release(): void;
}

/** Scratch memory of the kernels for the given rows. It is kept with the weights: most calls have the rows of the one before. */
export function workOf(weights: CellWeights, rows: Rows, training: boolean): Work {
  const { works } = weights;
  const { B } = rows;
  const most = Math.max(rows.count, B);
  const key = training ? 1 : 0;
  const last = works[key];
  if (last?.rows === most && last.batch === B) return last;
  const work = cellWork(weights, most, B, training);
  return (works[key] = { ...work, rows: most, batch: B });
}

/** Steps whose input is projected at once in inference: their gates fit in L2 (256 kB). */
const CHUNK_FLOATS = 65_536;

/**
 * All steps of one cell. outputs: what it gives, in this order. training: keeps what `backward` needs, else nothing.
 * @throws {MemoryError} beyond 2 GiB
 */
export function forward(
  heap: Heap,
  exchange: Exchange,
  weights: CellWeights,
  rows: Rows,
  input: SequenceInput,
  outputs: readonly SequenceOutput[],
  training: boolean,
): { output: TensorInfo[]; kept: Kept | undefined } {
  const held: (() => void)[] = [];
  const temporary: (() => void)[] = [];
  try {
    const { at, ...kept } = place(heap, exchange, weights, rows, input, training, held, temporary);
    const { kernels } = heap.arena;
    if (rows.count > 0) {
      runWithWork(
        heap,
        kept.descriptor,
        workOf(weights, rows, false),
        weights.panels,
        kernels.configurable_forward,
      );
      weights.packed = at.index > 0;
    }
    const { B, T, steps } = rows;
    const { H } = weights;
    const output = outputs.map((name) =>
      written(exchange, name === 'y' ? [B, T, H] : [B, H], (ptr) => {
        if (name === 'h') heap.gather(B, H, at.h, rows.lastAt, ptr);
        else if (name === 'y') {
          heap.gather(B * T, H, rows.outputAt ? at.h : at.h + B * H * 4, rows.outputAt, ptr);
        } else {
          const last = training ? blockOf(heap, { c: B * H }) : undefined;
          if (last) kernels.last_rows(steps, B, H, rows.sizesAt, at.c, last.at.c);
          heap.gather(B, H, last ? last.at.c : at.c, rows.rankAt, ptr);
          last?.release();
        }
      }),
    );
    releaseAll(temporary);
    if (!training) releaseAll(held);
    const release = () => releaseAll(held);
    return { output, kept: training ? { ...kept, release } : undefined };
  } catch (error) {
    releaseAll([...temporary, ...held]);
    throw error;
  }
}

/** Memory and descriptor of a pass. held, temporary: get what frees the memory that is kept, and the rest. */
function place(
  heap: Heap,
  exchange: Exchange,
  weights: CellWeights,
  rows: Rows,
  input: SequenceInput,
  training: boolean,
  held: (() => void)[],
  temporary: (() => void)[],
) {
  const { I, H, G, family } = weights;
  const { B, steps, count: N } = rows;
  const { arena } = heap;
  const S = family.kind.slots * H;
  const hasC = family.kind.states.c !== undefined;
  const kept = training ? N : B;
  const chunk = training ? steps : Math.max(1, Math.min(steps, Math.floor(CHUNK_FLOATS / (B * S))));
  const masked = input.stateMask !== undefined;
  // x is read where it is, if its rows are those of the steps
  const isInPlace = !rows.inputAt && !input.inputMask;
  // but for the descriptor's words, the mask and the state what its fields point to
  const block = blockOf(heap, {
    descriptor: Descriptor.words,
    x: isInPlace ? 0 : N * I,
    index: N,
    h: (B + N) * H,
    c: hasC ? (training ? B + N : B) * H : 0,
    gates: (training ? N : Math.min(chunk * B, N)) * S,
    slopes: training ? N * G : 0,
    seen: hasC ? kept * H : 0,
    seenSlope: hasC && training ? N * H : 0,
    dropped: masked ? kept * H : 0,
    inputMask: input.inputMask ? B * I : 0,
    maskH: masked ? B * H : 0,
    state: training ? 0 : B * H,
  } satisfies Partial<Record<'descriptor' | 'inputMask' | 'state' | keyof typeof Recurrence, number>>);
  held.push(block.release);
  const { descriptor: words, inputMask, state, ...at } = block.at;
  const open = (tensor: TensorInfo, list: (() => void)[]) => {
    const { ptr, close } = exchange.open(tensor);
    list.push(close);
    return ptr;
  };
  /** [B, width], in the order of the rows; zeros if it is left out. */
  const read = (tensor: TensorInfo | undefined, width: number, to: number) => {
    if (!tensor) return heap.clear(to, B * width);
    heap.gather(B, width, open(tensor, temporary), rows.orderAt, to);
  };

  const given = open(input.x, isInPlace ? held : temporary);
  const x = isInPlace ? given : at.x;
  if (!isInPlace) heap.gather(N, I, given, rows.inputAt, x);
  if (input.inputMask) {
    read(input.inputMask, I, inputMask);
    multiplySteps(heap, rows, I, inputMask, x);
  }
  // whether each row has a 1 and else zeros; zeros times weights that are not finite are not 0
  const { f32, i32, kernels } = arena;
  let isOneHot =
    kernels.count_outside(N, I, x, I, 0, 0) === N &&
    kernels.find_nonfinite(G * I, weights.parameters.wIh) < 0;
  for (let n = 0; isOneHot && n < N; n++) {
    const row = x / 4 + n * I;
    const place = kernels.index_of_max(I, row * 4);
    isOneHot = f32[row + place] === 1;
    i32[at.index / 4 + n] = place;
  }
  if (!isOneHot) at.index = 0;
  if (input.stateMask) read(input.stateMask, H, at.maskH);
  read(input.h0, H, at.h);
  if (hasC) read(input.c0, H, at.c);
  if (!training) heap.copy(at.h, state, B * H);

  const descriptor = new Descriptor(arena, { ptr: words, shape: [], length: 0 } satisfies Region);
  descriptor.setAll(at);
  descriptor.setAll(weights.parameters);
  descriptor.setAll({
    cell: family.kind.kind,
    T: steps,
    B,
    I,
    H,
    W: H,
    heads: 1,
    sizes: rows.sizesAt,
    x,
    clip: Infinity,
    training: training ? 1 : 0,
    chunk,
    packed: weights.packed === at.index > 0 ? 1 : 0,
    h: training ? at.h : state,
    y: training ? 0 : at.h + B * H * 4,
    fromZero: input.h0 ? 0 : 1,
  });
  descriptor.activate(input.kinds);
  return { descriptor, at, index: at.index, inputMask };
}

function releaseAll(list: readonly (() => void)[]): void {
  for (const release of list) release();
}

/** Runs a kernel with scratch memory, but for what `panels` points to. */
export function runWithWork(
  heap: Heap,
  descriptor: Descriptor,
  { bytes, at }: Work,
  panels: Partial<CellWeights['panels']>,
  kernel: (descriptor: number) => void,
): void {
  heap.withWork(bytes, (work) => {
    for (const name of Object.keys(at) as 'tile'[]) descriptor.set(name, work + at[name]);
    descriptor.setAll(panels);
    kernel(descriptor.write());
  });
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
