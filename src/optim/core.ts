// The list of optimizers that unrolled/core and slim have.
export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { SGD, type SGDOptions } from './sgd.ts';
