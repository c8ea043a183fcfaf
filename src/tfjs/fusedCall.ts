import { TYPES } from './backend/data.ts';
import { isSame } from './backend/shape.ts';
import { type DropoutMasks, dropoutMasks } from './dropoutMasks.ts';
import { exchangeWith } from './exchange.ts';
import type { Fusable, FusableCell } from './fusable.ts';
import type { Heap } from './heap.ts';
import type { OperationKernel } from './kernel.ts';
import { rowsOf } from './rows.ts';
import type { RowsCache } from './rowsCache.ts';
import { type Sequence, sequence } from './sequence.ts';
import type { Tapes } from './tapes.ts';
import type { RnnLayer, Tensor, TensorFlow } from './tf.ts';
import type { WeightStore } from './weights.ts';

/** What all fused calls of an installation share. */
export interface Fused {
  readonly tf: TensorFlow;
  readonly fusable: Fusable;
  readonly kernel: OperationKernel;
  readonly heap: Heap;
  readonly store: WeightStore;
  readonly rows: RowsCache;
  readonly tapes: Tapes;
}

/** Arguments of a recurrent layer's `call`, checked. */
interface Call {
  readonly x: Tensor;
  readonly mask: Tensor | undefined;
  /** By cell, in the order in which they run; undefined for zeros. */
  readonly initial: readonly (readonly Tensor[] | undefined)[];
  readonly training: boolean;
}

interface Kwargs {
  readonly mask?: unknown;
  readonly training?: unknown;
  readonly initialState?: unknown;
}

/** `RNN.call` by the kernels; undefined where TF.js's own code is to run: for what is not fused, and for its errors. */
export function fusedCall(
  fused: Fused,
  layer: RnnLayer,
  inputs: unknown,
  kwargs: Kwargs | null | undefined,
): Tensor | Tensor[] | undefined {
  const cells = fused.fusable.cells(layer);
  if (typeof cells === 'string') return undefined;
  // gradients of gradients need TF.js's operations
  if (fused.tf.engine().state.gradientDepth > 1) return undefined;
  const call = readCall(layer, cells, inputs, kwargs ?? {});
  if (!call) return undefined;
  const masks = drawMasks(fused.tf, layer, cells, call);
  if (!masks) return undefined;
  return fused.heap.attempt(() => fused.tf.tidy(() => run(fused, layer, cells, call, masks)));
}

/** The masks of dropout by cell; undefined if TF.js's code is to use them. */
function drawMasks(
  tf: TensorFlow,
  layer: RnnLayer,
  cells: readonly FusableCell[],
  { x, training }: Call,
): DropoutMasks[] | undefined {
  const [B, , I] = x.shape as [number, number, number];
  const isLayer = layer.constructor !== tf.RNN;
  const masks = cells.map(({ cell, family }, i) => {
    const width = i === 0 ? I : cells[i - 1]!.cell.units;
    return dropoutMasks(tf, cell, family.kind.gates.length, [B, width], [B, cell.units], training, isLayer);
  });
  return masks.includes(undefined) ? undefined : (masks as DropoutMasks[]);
}

function readCall(
  layer: RnnLayer,
  cells: readonly FusableCell[],
  inputs: unknown,
  { mask, training, initialState }: Kwargs,
): Call | undefined {
  const [x, ...more] = [inputs].flat();
  if (more.length || !isTensor(x) || !TYPES.includes(x.dtype) || x.shape.length !== 3 || x.size === 0)
    return undefined;
  const [B, T, I] = x.shape as [number, number, number];
  if (cells[0]!.cell.kernel.read().shape[0] !== I) return undefined;
  if (mask !== null && mask !== undefined && !(isTensor(mask) && isSame(mask.shape, [B, T])))
    return undefined;
  const states = (initialState ?? (layer.stateful ? layer.states_ : undefined)) as Tensor[] | undefined;
  const initial: (readonly Tensor[])[] = [];
  if (states) {
    if (!Array.isArray(states)) return undefined;
    // a stack has its last cell's states first
    let at = 0;
    for (const [i, { cell, family }] of [...cells.entries()].reverse()) {
      const own = states.slice(at, (at += Object.keys(family.kind.states).length));
      if (!own.every((state) => isTensor(state) && isSame(state.shape, [B, cell.units]))) return undefined;
      initial[i] = own;
    }
    if (at !== states.length) return undefined;
  }
  return { x, mask: (mask as Tensor | null) ?? undefined, initial, training: Boolean(training) };
}

function run(
  fused: Fused,
  layer: RnnLayer,
  cells: readonly FusableCell[],
  { x, mask, initial, training }: Call,
  masks: readonly DropoutMasks[],
): Tensor | Tensor[] {
  const { tf, heap, rows: plainRows, tapes } = fused;
  const engine = tf.engine();
  tapes.collect();
  const [B, T] = x.shape as [number, number];
  const needsStates = layer.stateful || layer.returnState;
  // of one cell, the input of the next
  let output = x;
  const states: Tensor[] = [];
  for (const [i, { cell, family, kinds }] of cells.entries()) {
    const needsY = i < cells.length - 1 || layer.returnSequences;
    const names: ('y' | 'h' | 'c')[] = needsY ? ['y'] : [];
    if (!needsY || needsStates) names.push('h');
    if (needsStates && family.kind.states.c) names.push('c');
    // only the first cell reads its input from the end: the others read in the order of its steps
    const reverse = layer.goBackwards && i === 0;
    const rows = mask
      ? rowsOf(heap, B, T, reverse, engine.readSync(mask.dataId), layer.goBackwards)
      : plainRows(B, T, reverse);
    const recorded = engine.isTapeOn();
    let pass: Sequence | undefined;
    const [h0, c0] = initial[i] ?? [];
    const tensors: Record<string, Tensor> = {
      x: output,
      kernel: cell.kernel.read(),
      recurrentKernel: cell.recurrentKernel.read(),
    };
    if (cell.bias) tensors.bias = cell.bias.read();
    if (h0) tensors.h0 = h0;
    if (c0) tensors.c0 = c0;
    let outputs: Tensor[];
    try {
      pass = sequence({
        ...{ ...fused, engine, rows, outputs: names, training: recorded },
        weights: fused.store.use(exchangeWith(engine, heap), cell, family),
        kinds,
        ...masks[i]!,
      });
      outputs = fused.kernel.run(pass, tensors);
    } catch (error) {
      (pass ?? rows).release();
      throw error;
    }
    if (recorded) tapes.hold(pass.release);
    else pass.release();
    if (needsStates) states.unshift(...outputs.slice(needsY ? 1 : 0));
    output = outputs[0]!;
  }
  if (layer.stateful) layer.resetStates(states, training);
  return layer.returnState ? [output, ...states] : output;
}

function isTensor(value: unknown): value is Tensor {
  const { dataId, shape } = Object(value) as Partial<Tensor>;
  return Boolean(dataId && shape);
}
