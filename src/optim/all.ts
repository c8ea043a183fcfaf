// The list of optimizers of the whole package: entry points, names in descriptions and saved files, and tests follow from it.
export { Adadelta, type AdadeltaOptions } from './adadelta.ts';
export { Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adamax, type AdamaxOptions } from './adamax.ts';
export { Adam, type AdamOptions, AdamW } from './extended/adam.ts';
export { RMSprop, type RMSpropOptions } from './extended/rmsprop.ts';
export { SGD, type SGDOptions } from './extended/sgd.ts';
export { Lion, type LionOptions } from './lion.ts';
