// The list of layers that change a sequence's steps: entry points, saved models and tests follow from it.
export { Conv1d, type Conv1dOptions } from './sequence/conv1d.ts';
export { Flatten, type FlattenOptions } from './sequence/flatten.ts';
export type { Padding } from './sequence/geometry.ts';
export { Pool, type PoolOptions } from './sequence/pool.ts';
export { AvgPool1d, MaxPool1d, type Pool1dOptions } from './sequence/pool1d.ts';
export { Reverse } from './sequence/reverse.ts';
