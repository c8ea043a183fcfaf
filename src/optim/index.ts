// The list of optimizers: entry points, names in descriptions and saved files, and tests follow from it.
export { Adagrad, type AdagradOptions } from './adagrad.ts';
export * from './core.ts';
export { Lion, type LionOptions } from './lion.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
