import { DTYPES } from '../formats/onnx/schema.ts';
import { known, type Operator, type Operators } from '../onnxSession/node.ts';
import { activation, binary, broadcast, elementwise } from '../onnxSession/ops/elementwise.ts';

/** Bounds are attributes before opset 11, then inputs, which a run may compute. */
const clip: Operator = (node) => {
  const x = node.input(0);
  node.output(x.shape);
  const bound = (i: number, name: string, absent: number) =>
    node.inputs[i] ?? known([node.float(name, absent)], DTYPES.float32);
  const inputs = [x, bound(1, 'min', Number.NEGATIVE_INFINITY), bound(2, 'max', Number.POSITIVE_INFINITY)];
  if (inputs[1]!.size * inputs[2]!.size !== 1) node.fail('bounds of several numbers');
  node.step(
    elementwise(inputs, x.shape, (v, low, high) => Math.min(Math.max(v, low), high)),
    { inputs },
  );
};

const where: Operator = (node) => {
  const values = [0, 1, 2].map((i) => node.input(i));
  const shape = broadcast(node, values);
  node.output(shape, node.input(1).dtype);
  node.step(elementwise(values, shape, (c, a, b) => (c ? a : b)));
};

/** Comparisons, what takes one of several values, and activations that few layers have. */
export const CHOICES: Operators = {
  Less: binary((a, b) => +(a < b), { bool: true }),
  Greater: binary((a, b) => +(a > b), { bool: true }),
  And: binary((a, b) => a & b),
  Or: binary((a, b) => a | b),
  Where: where,
  Clip: clip,
  Elu: activation('elu', (node) => [node.float('alpha', 1), 0]),
  HardSigmoid: activation('hardsigmoid', (node) => [node.float('alpha', 0.2), node.float('beta', 0.5)]),
  Softsign: activation('softsign'),
  Softplus: activation('softplus'),
  LeakyRelu: activation('leakyrelu', (node) => [node.float('alpha', 0.01), 0]),
};
