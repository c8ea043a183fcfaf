// The list of optimizers: entry points, names in descriptions and saved files, and tests follow from it.
export * from './core.ts';
export { Lion, type LionOptions } from './lion.ts';
