import type { Describe, Value } from '../builder.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { reshapedTo } from '../layers/shapes.ts';
import { affine, axisOf, flat, product, shaped, sizesOf } from '../tensors.ts';
import { difference, elementwise, joinedOn } from './joins.ts';
import { type Argument, type Operation, type Run, tensorOf } from './operationCall.ts';
import { expanded, getItem, split, stack } from './slices.ts';
import {
  LARGEST,
  largest,
  mapped,
  multiplied,
  normalized,
  onAxis,
  permuted,
  slice,
  softmaxed,
  summed,
  viewOfFeatures,
  without,
} from './tensors.ts';

/** An operation with two arguments, one of which may be a number. */
function binary(
  both: (call: Operation, a: Value, b: Value) => Value,
  withNumber: (call: Operation, a: Value, b: number, isFirst: boolean) => Value,
): Run {
  return (call) => {
    const [a, b] = [call.get(0, 'x1', 'x'), call.get(1, 'x2', 'y')];
    const [left, right] = [tensorOf(a), tensorOf(b)];
    if (left && right) return both(call, left, right);
    const number = left ? call.plain(1, 'x2', 'y') : call.plain(0, 'x1', 'x');
    if (typeof number !== 'number')
      return call.layer.fail('an argument that is neither a tensor nor a number is not supported');
    return withNumber(call, (left ?? right)!, number, !left);
  };
}

const combined = (kind: string, clip: (number: number) => readonly [number, number]): Run =>
  binary(
    (call, a, b) => elementwise(call, 'Combine', [a, b], { kind }),
    (call, a, number) => mapped(call, a, 'clip', ...clip(number)),
  );

/** Axes of an argument; all by default. */
function axesOf(call: Operation): readonly number[] {
  const given = call.plain(1, 'axis') ?? call.x.shape.map((_, i) => i + 1);
  return ([given].flat() as readonly Json[]).map((axis) => axisOf(call, axis, call.x));
}

const keeps = (call: Operation) => call.plain(2, 'keepdims') === true;

const reduced =
  (run: (call: Operation, axes: readonly number[]) => Value): Run =>
  (call) =>
    run(call, axesOf(call));

const mean: Run = reduced((call, axes) => {
  const { x, builder, layer } = call;
  if (x.shape.length !== 2 || axes.length !== 1 || axes[0] !== 0) {
    const count = product(
      axes.map((axis) => x.shape[axis] ?? layer.fail('the number of its input steps is not fixed')),
    );
    return affine(call, summed(call, x, axes, keeps(call)), 1 / count);
  }
  const own = builder.apply(
    layer.name,
    'Pool',
    { kind: 'mean' },
    [builder.allSteps(layer, x)],
    [layer.features(x)],
  );
  return keeps(call) ? shaped(call, own, [1, own.shape[0]!]) : own;
});

const function_ =
  (name: string, ...parameters: number[]): Run =>
  (call) =>
    mapped(call, call.x, name, ...parameters);

const activation =
  (name: Json): Run =>
  (call) =>
    call.builder.apply(call.layer.name, 'Activation', { activation: name }, [call.x]);

const matmul: Run = (call) => {
  const [a, b] = [tensorOf(call.get(0, 'x1', 'a')), tensorOf(call.get(1, 'x2', 'b'))];
  if (!a || !b) return call.layer.fail('an argument that is no tensor is not supported');
  const turn = (x: Value, name: string) => {
    if (call.plain(9, name) !== true) return x;
    const { length } = x.shape;
    return permuted(
      call,
      x,
      x.shape.map((_, i) => (i < length - 2 ? i : 2 * length - 3 - i)),
    );
  };
  const [left, right] = [turn(a, 'transpose_a'), turn(b, 'transpose_b')];
  const [rows, columns] = [sizesOf(call, left), sizesOf(call, right)];
  if (rows.length < 2 || columns.length !== rows.length || rows.at(-1) !== columns.at(-2))
    call.layer.fail(`matrices of shapes [${rows}] and [${columns}] are not multiplied`);
  const [n, k, m] = [rows.at(-2)!, rows.at(-1)!, columns.at(-1)!];
  return multiplied(call, [left, right], [n, k, m], [...rows.slice(0, -1), m]);
};

const same: Run = ({ x }) => x;

/** Exponents with a function of their own, which is exact. */
const POWERS: Readonly<Record<number, string>> = {
  2: 'square',
  0.5: 'sqrt',
  [-0.5]: 'rsqrt',
  [-1]: 'reciprocal',
};

/** Operations by their name, in lower case and without what TensorFlow puts around it. */
const OPERATIONS: Readonly<Record<string, Run>> = {
  add: binary(
    (call, a, b) => elementwise(call, 'Add', [a, b]),
    (call, a, b) => affine(call, a, 1, b),
  ),
  subtract: binary(difference, (call, a, b, isFirst) =>
    isFirst ? affine(call, a, -1, b) : affine(call, a, 1, -b),
  ),
  multiply: binary(
    (call, a, b) => elementwise(call, 'Multiply', [a, b]),
    (call, a, b) => affine(call, a, b),
  ),
  divide: binary(
    (call, a, b) => elementwise(call, 'Combine', [a, b], { kind: 'divide' }),
    (call, a, b, isFirst) =>
      isFirst ? affine(call, mapped(call, a, 'reciprocal'), b) : affine(call, a, 1 / b),
  ),
  power: binary(
    (call) => call.layer.fail('an exponent that is a tensor is not supported'),
    (call, a, b, isFirst) =>
      isFirst
        ? call.layer.fail('an exponent that is a tensor is not supported')
        : POWERS[b]
          ? mapped(call, a, POWERS[b])
          : mapped(call, a, 'power', b),
  ),
  maximum: combined('maximum', (number) => [number, LARGEST]),
  minimum: combined('minimum', (number) => [-LARGEST, number]),
  negative: (call) => affine(call, call.x, -1),
  sum: reduced((call, axes) => summed(call, call.x, axes, keeps(call))),
  mean,
  max: reduced((call, axes) => largest(call, call.x, axes, keeps(call))),
  min: reduced((call, axes) => affine(call, largest(call, affine(call, call.x, -1), axes, keeps(call)), -1)),
  abs: function_('abs'),
  square: function_('square'),
  sqrt: function_('sqrt'),
  rsqrt: function_('rsqrt'),
  reciprocal: function_('reciprocal'),
  log: function_('log'),
  exp: activation('exponential'),
  tanh: activation('tanh'),
  sigmoid: activation('sigmoid'),
  relu: activation('relu'),
  relu6: activation('relu6'),
  silu: activation('silu'),
  swish: activation('silu'),
  softplus: activation('softplus'),
  softsign: activation('softsign'),
  elu: activation('elu'),
  selu: activation('selu'),
  gelu: (call) => activation(call.plain(1, 'approximate') === false ? 'gelu' : 'gelutanh')(call),
  leakyrelu: (call) =>
    activation({ name: 'leakyrelu', alpha: Number(call.plain(1, 'negative_slope', 'alpha') ?? 0.2) })(call),
  softmax: (call) => softmaxed(call, call.x, axisOf(call, call.plain(1, 'axis') ?? -1, call.x)),
  logsoftmax: (call) => {
    const axis = axisOf(call, call.plain(1, 'axis') ?? -1, call.x);
    return onAxis(call, call.x, axis, (x) => activation('logSoftmax')({ ...call, x }) as Value);
  },
  l2normalize: (call) => normalized(call, call.x, axisOf(call, call.plain(1, 'axis') ?? -1, call.x)),
  clip: (call) =>
    mapped(
      call,
      call.x,
      'clip',
      Number(call.plain(1, 'x_min', 'clip_value_min')),
      Number(call.plain(2, 'x_max', 'clip_value_max')),
    ),
  getitem: getItem,
  concatenate: (call) => joinedOn(call, call.list, call.plain(1, 'axis') ?? 0),
  stack,
  split,
  matmul,
  reshape: (call) => {
    const shape = call.plain(1, 'newshape', 'shape');
    return reshapedTo(call, call.x, Array.isArray(shape) ? shape.slice(1) : shape);
  },
  transpose: (call) => {
    const { layer, x } = call;
    const axes = call.plain(1, 'axes', 'perm');
    if (!Array.isArray(axes) || axes[0] !== 0 || new Set(axes).size !== x.shape.length + 1)
      return layer.fail('axes in this order are not supported');
    return permuted(
      call,
      x,
      (axes.slice(1) as number[]).map((axis) => axisOf(call, axis, x)),
    );
  },
  swapaxes: (call) => {
    const [a, b] = [call.plain(1, 'axis1'), call.plain(2, 'axis2')].map((axis) => axisOf(call, axis, call.x));
    return permuted(
      call,
      call.x,
      call.x.shape.map((_, i) => (i === a ? b! : i === b ? a! : i)),
    );
  },
  expanddims: (call) => {
    const axis = axisOf(call, call.plain(1, 'axis'), { shape: [...call.x.shape, 1] });
    return expanded(call, call.x, axis);
  },
  squeeze: (call) => {
    const given = call.plain(1, 'axis') ?? -1;
    const axis = axisOf(call, [given].flat().length === 1 ? [given].flat()[0] : given, call.x);
    if (call.x.shape[axis] !== 1 || call.x.shape.length < 2)
      call.layer.fail(`axis ${axis + 1} of [batch, ${call.x.shape}] is not of size 1`);
    return without(call, call.x, axis);
  },
  flip: (call) => {
    const axis = axisOf(call, [call.plain(1, 'axis')].flat()[0], call.x);
    const size = sizesOf(call, call.x)[axis]!;
    return slice(call, call.x, axis, size - 1, size, -1);
  },
  repeat: (call) => {
    const { x } = call;
    const axis = axisOf(call, call.plain(2, 'axis'), x);
    const sizes = sizesOf(call, x);
    const n = Number(call.plain(1, 'repeats'));
    if (!Number.isSafeInteger(n) || n < 1) call.layer.fail(`repeats ${n} is not supported`);
    const inner = product(sizes.slice(axis + 1));
    const view = { sizes: [product(sizes.slice(0, axis + 1)), n, inner], strides: [inner, 0, 1] };
    return shaped(
      call,
      viewOfFeatures(call, flat(call, x), view),
      sizes.map((size, i) => (i === axis ? size * n : size)),
    );
  },
  cast: same,
  identity: same,
  stopgradient: same,
  converttotensor: same,
};

const ALIASES: Readonly<Record<string, string>> = {
  absolute: 'abs',
  concat: 'concatenate',
  clipbyvalue: 'clip',
  mul: 'multiply',
  neg: 'negative',
  normalize: 'l2normalize',
  pow: 'power',
  reverse: 'flip',
  sub: 'subtract',
  truediv: 'divide',
  truedivide: 'divide',
};

/** math.reduce_sum, nn.softmax_v2 and TrueDivide as in the table. */
function nameOf(operation: string): string {
  const plain = operation
    .split('.')
    .at(-1)!
    .toLowerCase()
    .replace(/_v2$/, '')
    .replaceAll('_', '')
    .replace(/^reduce(?=sum|mean|max|min)/, '');
  return Object.hasOwn(ALIASES, plain) ? ALIASES[plain]! : plain;
}

/** Operations of Keras 3, and TensorFlow's of Keras 2. */
export const operation: Describe = (context, inputs) => {
  const { layer } = context;
  const name = nameOf(layer.text('operation'));
  if (!Object.hasOwn(OPERATIONS, name))
    return layer.fail(`operation ${layer.text('operation')} is not supported`);
  const calls = layer.get('calls');
  const given = Array.isArray(calls) ? (calls[context.call] as Json | undefined) : undefined;
  const { args: positional, kwargs: byName } = isObject(given) ? given : {};
  const args: readonly Json[] = Array.isArray(positional) ? positional : [];
  const kwargs: JsonObject = isObject(byName) ? byName : {};
  const own = layer.get('own');
  const read = (json: Json | undefined): Argument => {
    const at = isObject(json) ? json.tensor : undefined;
    return typeof at === 'number' && inputs[at] ? { value: inputs[at] } : { json: json ?? null };
  };
  const get = (at: number, ...names: readonly string[]) => {
    const named = names.map((each) => kwargs[each] ?? (isObject(own) ? own[each] : undefined));
    return read(args[at] ?? named.find((each) => each !== undefined));
  };
  const first = get(0, 'x', 'xs', 'values', 'arrays');
  const list = ('json' in first && Array.isArray(first.json) ? (first.json as readonly Json[]) : []).flatMap(
    (each) => tensorOf(read(each)) ?? [],
  );
  const [x] = inputs;
  if (!x) return layer.fail('it has no input');
  const plain: Operation['plain'] = (at, ...names) => {
    const found = get(at, ...names);
    return 'json' in found ? found.json : layer.fail(`a tensor as its argument ${names[0]} is not supported`);
  };
  const made = OPERATIONS[name]!({ ...context, x: tensorOf(first) ?? x, list, get, plain });
  return Array.isArray(made) ? made : [made as Value];
};
