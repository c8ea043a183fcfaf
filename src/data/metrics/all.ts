// The list of metrics: names in descriptions, and tests follow from it.
export { accuracy, topK } from './accuracy.ts';
export { confusion, type F1Options, f1 } from './confusion.ts';
export { mae, perplexity, rmse } from './errors.ts';
