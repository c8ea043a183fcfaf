import { type Case, cases } from '../../../bench/cases.mjs';

/** What is measured, by the name of its case, in words. */
const LABELS: Readonly<Record<string, string>> = {
  'matmul-M256-N256-K256': 'Matrix product, 256 × 256 × 256',
  'matmul-M512-N512-K512': 'Matrix product, 512 × 512 × 512',
  'lstm-step-T1-B1-I64-H128': 'One step of an LSTM of 128 units',
  'lstm-forward-T100-B1-I64-H64': 'LSTM forward, 100 steps, 64 units',
  'lstm-forward-T64-B32-I64-H128': 'LSTM forward, 64 steps of 32 rows, 128 units',
  'lstm-train-T64-B32-I64-H128': 'LSTM forward and backward, 64 steps of 32 rows, 128 units',
  'gru-train-T64-B32-I64-H128': 'GRU forward and backward, 64 steps of 32 rows, 128 units',
};

export interface Work extends Case {
  readonly label: string;
}

/** The cases of `npm run bench` that this page has. */
export const works: readonly Work[] = Object.entries(LABELS).map(([name, label]) => ({
  ...cases.find((c) => c.name === name)!,
  label,
}));
