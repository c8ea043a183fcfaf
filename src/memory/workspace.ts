/** Bytes of scratch memory each kernel needs; must match the layouts in assembly/. Sizes are in floats unless noted. */
import { KC, MC, TILE_BYTES } from '../wasm/generated/constants.ts';
import type { Recurrence } from '../wasm/generated/structs.ts';
import { gemmWork, packed } from './forwardWorkspace.ts';
import { align } from './layout.ts';

export * from './forwardWorkspace.ts';

/** linear_backward with X[m, k] and W[n, k]. */
export function linearBackwardWork(m: number, n: number, k: number): number {
  return Math.max(gemmWork(m, k, n), gemmWork(n, k, m));
}

/** batch_norm, batch_norm_train and batch_norm_backward of n columns: two f64 each, columns rounded up to four. */
export function batchNormWork(n: number): number {
  return 16 * Math.ceil(n / 4) * 4;
}

/** dot_scores and attend of at most Tq query steps and Tv value steps, rows of d, and their backward kernels. */
export function attentionWork(Tq: number, Tv: number, d: number): number {
  return Math.max(gemmWork(Tq, Tv, d), gemmWork(Tq, d, Tv), gemmWork(Tv, d, Tq));
}

/** rnn_backward (gates 1), lstm_backward (4), gru_backward (3): W_hh packed, then the products after the loop. */
export function backwardWork(
  gates: number,
  rows: number,
  inputSize: number,
  hiddenSize: number,
  tableSize: number,
): number {
  const G = gates * hiddenSize;
  const inputs = tableSize || rows;
  return Math.max(
    TILE_BYTES + packed(G, hiddenSize),
    gemmWork(G, hiddenSize, rows),
    gemmWork(G, inputSize, inputs),
    gemmWork(inputs, inputSize, G),
  );
}

/** Shape of a sequence of a configurable cell: N rows in total, B rows per step. */
export interface ConfigurableShape {
  /** N at most. */
  readonly rows: number;
  /** B. */
  readonly batch: number;
  /** Features of x. */
  readonly I: number;
  /** Units. */
  readonly H: number;
  /** Features of h: projSize, or else H. */
  readonly W: number;
  /** Floats per row of W_ih's product. */
  readonly G: number;
  /** Blocks of W_hh. */
  readonly heads: number;
  /** Gates per product with W_hh. */
  readonly products: readonly number[];
  /** Whether it is also used by the backward pass. */
  readonly training: boolean;
  /** 0 for none. */
  readonly projSize: number;
}

/**
 * configurable_forward, configurable_backward: total bytes, and the offset of each part
 * (assembly/configurable/recurrence.ts).
 */
export function configurableWork(shape: ConfigurableShape) {
  const { rows, batch, I, H, W, G, heads, products: groups, training, projSize } = shape;
  const hidden = (pack: (k: number, n: number) => number) =>
    // per gate and head, or all gates of one product
    groups.reduce(
      (sum, count) => sum + (heads === 1 ? pack(count * H, W) : count * heads * pack(H / heads, W / heads)),
      0,
    );
  const ahead = hidden((g, w) => packed(w, g));
  const back = hidden((g, w) => packed(g, w));
  const products = Math.max(
    gemmWork(G, W, rows),
    gemmWork(H, W / heads, rows),
    gemmWork(G, I, rows),
    gemmWork(rows, I, G),
    projSize ? gemmWork(W, H, rows) : 0,
  );
  const sizes = {
    tile: training ? Math.max(TILE_BYTES, products) : TILE_BYTES,
    bias: (G + H) * 4,
    panelsIh: packed(I, G),
    panelsHh: training ? Math.max(ahead, back) : ahead,
    panelsHr: projSize ? Math.max(packed(H, W), packed(W, H)) : 0,
    rowsG: batch * G * 4,
    rowsW: batch * W * 4,
    oldW: batch * W * 4,
    rowsH: batch * H * 4,
    oldH: batch * H * 4,
  } satisfies Partial<Record<keyof typeof Recurrence, number>>;
  const at = { ...sizes };
  let bytes = 0;
  for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) {
    at[name] = bytes;
    bytes += align(sizes[name]);
  }
  return { bytes, at };
}

/** scan_forward and scan_forward_train; gates: 2 minGRU, 3 minLSTM, 1 IndRNN, 3 SRU, or 4 with a projected skip. */
export function scanWork(gates: number, inputSize: number, hiddenSize: number): number {
  const G = gates * hiddenSize;
  return TILE_BYTES + G * 4 + packed(inputSize, G);
}

/** scan_backward; gates as in `scanWork`. */
export function scanBackwardWork(gates: number, rows: number, inputSize: number, hiddenSize: number): number {
  return linearBackwardWork(rows, gates * hiddenSize, inputSize);
}

/** Most columns of a block of a convolution with the given channels per group (assembly/conv/conv1d.ts). */
function convColumns(channels: number, taps: number): number {
  return channels >= KC ? KC : Math.min(Math.floor(KC / channels), taps) * channels;
}

/** conv1d_forward. */
export function convWork(I: number, O: number, taps: number, groups: number): number {
  const n = I / groups;
  return TILE_BYTES + groups * packed(n * taps, O / groups) + MC * convColumns(n, taps) * 4;
}

/** conv1d_backward. */
export function convBackwardWork(I: number, O: number, taps: number, groups: number): number {
  const n = I / groups;
  const columns = convColumns(n, taps);
  const product = Math.max(gemmWork(O / groups, columns, KC), gemmWork(KC, columns, O / groups));
  return (2 * O * n * taps + KC * columns) * 4 + product;
}
