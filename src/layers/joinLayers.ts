// The list of layers with several inputs: entry points, saved models and tests follow from it.
export { Attention, type AttentionOptions } from './joins/attention.ts';
export type { AttentionKind } from './joins/attentionPass.ts';
export { Concat } from './joins/concat.ts';
export { Add, Multiply } from './joins/elementwise.ts';
export { RepeatVector } from './joins/repeatVector.ts';
export { Unflatten, type UnflattenOptions } from './joins/unflatten.ts';
