// The list of losses of the whole package: entry points, names in descriptions, and tests follow from it.

export { type CTCOptions, ctc } from './ctc.ts';
export { type HuberOptions, huber } from './huber.ts';
export { mae } from './mae.ts';
export { mse } from './mse.ts';
export { type PinballOptions, pinball } from './pinball.ts';
export { type BCEWithLogitsOptions, bceWithLogits } from './weighted/bceWithLogits.ts';
export { type CrossEntropyOptions, crossEntropy } from './weighted/crossEntropy.ts';
