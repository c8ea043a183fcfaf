// Sizes of scratch memory for whoever manages it: those of the engine, with checked arguments.
import { boolean, integer, type Names, options } from '../check.ts';
import { reading } from '../errors.ts';
import * as sizes from '../memory/workspace.ts';
import { quantWork as ofQuant } from '../quant/matrix.ts';

export type { ConfigurableShape } from '../memory/workspace.ts';

type Size = (...sizes: number[]) => number;

/** What divides others. */
const PARTS = ['groups', 'heads'];

function size(name: string, value: unknown): number {
  return integer(name, value, PARTS.includes(name) ? 1 : 0);
}

/** A size with checked arguments, whose names `names` has. */
function checked<S extends Size>(of: S, ...names: readonly string[]): S {
  return ((...given: number[]) => of(...names.map((name, i) => size(name, given[i])))) as S;
}

/** B[k, n] packed in panels of 8 columns. */
export const packed: (k: number, n: number) => number = /* @__PURE__ */ checked(sizes.packed, 'k', 'n');

/** sgemm_nn, sgemm_nt, sgemm_tn, sgemv_n with C[m, n] and depth k. */
export const gemmWork: (m: number, n: number, k: number) => number = /* @__PURE__ */ checked(
  sizes.gemmWork,
  'm',
  'n',
  'k',
);

/** linear_forward with W[n, k]. */
export const linearWork: (n: number, k: number) => number = /* @__PURE__ */ checked(
  sizes.linearWork,
  'n',
  'k',
);

/** rnn_forward and rnn_forward_train; tableSize: rows of the table, 0 for none. */
export const rnnWork: (inputSize: number, hiddenSize: number, tableSize: number) => number =
  /* @__PURE__ */ checked(sizes.rnnWork, 'inputSize', 'hiddenSize', 'tableSize');

/** lstm_forward and lstm_forward_train. */
export const lstmWork: (inputSize: number, hiddenSize: number, tableSize: number) => number =
  /* @__PURE__ */ checked(sizes.lstmWork, 'inputSize', 'hiddenSize', 'tableSize');

/** gru_forward and gru_forward_train. */
export const gruWork: (inputSize: number, hiddenSize: number, tableSize: number) => number =
  /* @__PURE__ */ checked(sizes.gruWork, 'inputSize', 'hiddenSize', 'tableSize');

/** linear_backward with X[m, k] and W[n, k]. */
export const linearBackwardWork: (m: number, n: number, k: number) => number = /* @__PURE__ */ checked(
  sizes.linearBackwardWork,
  'm',
  'n',
  'k',
);

/** batch_norm, batch_norm_train and batch_norm_backward of n columns: two f64 each, columns rounded up to four. */
export const batchNormWork: (n: number) => number = /* @__PURE__ */ checked(sizes.batchNormWork, 'n');

/** dot_scores and attend of at most Tq query steps and Tv value steps, rows of d, and their backward kernels. */
export const attentionWork: (Tq: number, Tv: number, d: number) => number = /* @__PURE__ */ checked(
  sizes.attentionWork,
  'Tq',
  'Tv',
  'd',
);

/** rnn_backward (gates 1), lstm_backward (4), gru_backward (3): W_hh packed, then the products after the loop. */
export const backwardWork: (
  gates: number,
  rows: number,
  inputSize: number,
  hiddenSize: number,
  tableSize: number,
) => number = /* @__PURE__ */ checked(
  sizes.backwardWork,
  'gates',
  'rows',
  'inputSize',
  'hiddenSize',
  'tableSize',
);

/** scan_forward and scan_forward_train; gates: 2 minGRU, 3 minLSTM, 1 IndRNN, 3 SRU, or 4 with a projected skip. */
export const scanWork: (gates: number, inputSize: number, hiddenSize: number) => number =
  /* @__PURE__ */ checked(sizes.scanWork, 'gates', 'inputSize', 'hiddenSize');

/** scan_backward; gates as in `scanWork`. */
export const scanBackwardWork: (
  gates: number,
  rows: number,
  inputSize: number,
  hiddenSize: number,
) => number = /* @__PURE__ */ checked(sizes.scanBackwardWork, 'gates', 'rows', 'inputSize', 'hiddenSize');

/** conv1d_forward. */
export const convWork: (I: number, O: number, taps: number, groups: number) => number =
  /* @__PURE__ */ checked(sizes.convWork, 'I', 'O', 'taps', 'groups');

/** conv1d_backward. */
export const convBackwardWork: (I: number, O: number, taps: number, groups: number) => number =
  /* @__PURE__ */ checked(sizes.convBackwardWork, 'I', 'O', 'taps', 'groups');

/** Bytes of scratch memory of kernels that quantize rows of k. */
export const quantWork: (k: number, planes: number) => number = /* @__PURE__ */ checked(
  ofQuant,
  'k',
  'planes',
);

const SHAPE: Names<sizes.ConfigurableShape> = {
  ...{ rows: true, batch: true, I: true, H: true, W: true, G: true, heads: true },
  ...{ products: true, training: true, projSize: true },
};

/**
 * configurable_forward, configurable_backward: total bytes, and the offset of each part
 * (assembly/configurable/recurrence.ts).
 */
export function configurableWork(shape: sizes.ConfigurableShape) {
  const given = options('configurableWork', shape, SHAPE);
  const products = reading('products', given.products, () => [...given.products], 'a list of sizes');
  for (const [i, count] of products.entries()) size(`products[${i}]`, count);
  for (const name of ['rows', 'batch', 'I', 'H', 'W', 'G', 'heads', 'projSize'] as const)
    size(name, given[name]);
  boolean('training', given.training);
  return sizes.configurableWork({ ...given, products });
}
