import { DTYPES } from '../formats/onnx/schema.ts';
import type { Operator, Operators } from '../onnxSession/node.ts';
import type { OnnxOperators } from '../onnxSession/operators.ts';
import { broadcast, elementwise } from '../onnxSession/ops/elementwise.ts';
import { broadcastShape } from '../onnxSession/strided.ts';
import { batchNormalization } from './batchNorm.ts';
import { CHOICES } from './choice.ts';
import { CONVOLUTIONAL } from './convolutional.ts';
import { convTranspose } from './convTranspose.ts';
import { gatherElementsOf, scatterND } from './indices.ts';
import { loop } from './loop.ts';
import { maxPool } from './maxPool.ts';
import { RECURRENT } from './recurrent.ts';
import { split } from './split.ts';

/** The slope is broadcast to x; before opset 9 it may have one dimension, that of the channels. */
const prelu: Operator = (node) => {
  const x = node.input(0);
  let slope = node.input(1);
  if (!broadcastShape([x.shape, slope.shape]) && slope.shape.length === 1) {
    slope = { ...slope, shape: [...slope.shape, ...x.shape.slice(2).map(() => 1)], of: slope };
  }
  const shape = broadcast(node, [x, slope]);
  node.output(shape);
  node.step(
    elementwise([x, slope], shape, (a, s) => (a < 0 ? a * s : a)),
    { inputs: [x, slope] },
  );
};

/** Dropout changes nothing in inference; its mask, if asked for, is true. */
const dropout: Operator = (node) => {
  const value = node.input(0);
  if (node.inputs[2] && node.constant(2)[0]) node.fail('training_mode is not supported');
  node.alias(value);
  const mask = node.output(value.shape, DTYPES.bool);
  node.step(({ y }) => void y[0]!.fill(1), { inputs: [], outputs: [mask] });
};

const range: Operator = (node) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => node.constant(i)[0]) as [number, number, number];
  node.output([Math.max(0, Math.ceil((limit - start) / delta))]);
  node.step(({ y }) => {
    for (let i = 0; i < y[0]!.length; i++) y[0]![i] = start + i * delta;
  });
};

/** Operators that some recurrent models have: `loadOnnx` loads them for those that do. */
export const COMMON: Operators = {
  ...RECURRENT,
  ...CONVOLUTIONAL,
  ...CHOICES,
  Split: split,
  Dropout: dropout,
  PRelu: prelu,
  Range: range,
  GatherElements: gatherElementsOf,
  ScatterND: scatterND,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  BatchNormalization: batchNormalization,
  Loop: loop,
};

/** The same, as `loadOnnx` takes them. */
export const operators: OnnxOperators = { '': COMMON };
