import type { Describe, Value } from '../builder.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { reshapedTo } from '../layers/shapes.ts';
import { affine, axisOf, flat, product, shaped, sizesOf } from '../tensors.ts';
import { difference, elementwise, joinedOn } from './joins.ts';
import { type Argument, axisAt, isTf, numberAt, type Operation, type Run, refuse } from './operationCall.ts';
import { expanded, getItem, split, stack } from './slices.ts';
import {
  LARGEST,
  largest,
  mapped,
  multiplied,
  normalized,
  notJoined,
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
    const [left, right] = [a.value, b.value];
    if (left && right) return both(call, left, right);
    const number = left ? numberAt(call, 1, null, 'x2', 'y') : numberAt(call, 0, null, 'x1', 'x');
    return withNumber(call, left ?? right ?? call.x, number, !left);
  };
}

const combined = (kind: string, clip: (number: number) => readonly [number, number]): Run =>
  binary(
    (call, a, b) => elementwise(call, 'Combine', [a, b], { kind }),
    (call, a, number) => mapped(call, a, 'clip', ...clip(number)),
  );

/** Axes of an argument, not all: the batch is one of them. */
function axesOf(call: Operation): readonly number[] {
  const given = call.plain(1, 'axis') ?? null;
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
    const count = product(axes.map((axis) => x.shape[axis] ?? sizesOf(call, x)[axis]!));
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

/** Operations by the names that they have here, too. */
const named = (names: string, of: (name: string) => Run) =>
  Object.fromEntries(names.split(' ').map((name) => [name, of(name)]));

const activation =
  (name: Json): Run =>
  (call) =>
    call.builder.apply(call.layer.name, 'Activation', { activation: name }, [call.x]);

const matmul: Run = (call) => {
  const [a, b] = [call.get(0, 'x1', 'a').value, call.get(1, 'x2', 'b').value];
  if (!a || !b) return refuse(call, a ? 'x2' : 'x1', null);
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
    notJoined(call.layer, [left, right]);
  const [n, k, m] = [rows.at(-2)!, rows.at(-1)!, columns.at(-1)!];
  return multiplied(call, [left, right], [n, k, m], [...rows.slice(0, -1), m]);
};

const same: Run = ({ x }) => x;

const tensorAsExponent = (call: Operation) => refuse(call, 'x2', 'tensor');

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
  power: binary(tensorAsExponent, (call, a, b, isFirst) =>
    isFirst ? tensorAsExponent(call) : POWERS[b] ? mapped(call, a, POWERS[b]) : mapped(call, a, 'power', b),
  ),
  maximum: combined('maximum', (number) => [number, LARGEST]),
  minimum: combined('minimum', (number) => [-LARGEST, number]),
  negative: (call) => affine(call, call.x, -1),
  sum: reduced((call, axes) => summed(call, call.x, axes, keeps(call))),
  mean,
  max: reduced((call, axes) => largest(call, call.x, axes, keeps(call))),
  min: reduced((call, axes) => affine(call, largest(call, affine(call, call.x, -1), axes, keeps(call)), -1)),
  ...named('abs square sqrt rsqrt reciprocal log', (name) => (call) => mapped(call, call.x, name)),
  ...named('tanh sigmoid relu relu6 silu softplus softsign selu', activation),
  exp: activation('exponential'),
  elu: (call) => activation({ name: 'elu', alpha: numberAt(call, 1, 1, 'alpha') })(call),
  gelu: (call) => activation((call.plain(1, 'approximate') ?? !isTf(call)) ? 'gelutanh' : 'gelu')(call),
  leakyrelu: (call) =>
    activation({ name: 'leakyrelu', alpha: numberAt(call, 1, 0.2, 'negative_slope', 'alpha') })(call),
  softmax: (call) => softmaxed(call, call.x, axisAt(call, 1, -1)),
  logsoftmax: (call) =>
    onAxis(call, call.x, axisAt(call, 1, -1), (x) => activation('logSoftmax')({ ...call, x }) as Value),
  l2normalize: (call) => normalized(call, call.x, axisAt(call, 1, null)),
  normalize: (call) => {
    const order = call.plain(2, 'order');
    return order === 2 ? normalized(call, call.x, axisAt(call, 1, -1), 1e-14) : refuse(call, 'order', order);
  },
  clip: (call) =>
    mapped(
      call,
      call.x,
      'clip',
      numberAt(call, 1, null, 'x_min', 'clip_value_min'),
      numberAt(call, 2, null, 'x_max', 'clip_value_max'),
    ),
  getitem: getItem,
  concatenate: (call) => joinedOn(call, call.list, call.plain(1, 'axis') ?? 0),
  stack,
  split,
  matmul,
  reshape: (call) => {
    const shape = call.plain(1, 'newshape', 'shape');
    const [batch, ...rest] = Array.isArray(shape) ? shape : [];
    return batch === -1 ? reshapedTo(call, call.x, rest) : refuse(call, 'shape', shape);
  },
  transpose: (call) => {
    const { x } = call;
    const axes = call.plain(1, 'axes', 'perm');
    if (!Array.isArray(axes) || axes[0] !== 0 || new Set(axes).size !== x.shape.length + 1)
      return refuse(call, 'axes', axes);
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
    const [axis, ...more] = axesOf(call);
    if (more.length || call.x.shape[axis!] !== 1) refuse(call, 'axis', call.plain(1, 'axis'));
    return without(call, call.x, axis!);
  },
  flip: (call) =>
    axesOf(call).reduce((x, axis) => {
      const size = sizesOf(call, x)[axis]!;
      return slice(call, x, axis, size - 1, size, -1);
    }, call.x),
  repeat: (call) => {
    const { x } = call;
    const axis = axisAt(call, 2, null);
    const sizes = sizesOf(call, x);
    const n = numberAt(call, 1, null, 'repeats');
    if (!Number.isSafeInteger(n) || n < 1) refuse(call, 'repeats', n);
    const inner = product(sizes.slice(axis + 1));
    const view = { sizes: [product(sizes.slice(0, axis + 1)), n, inner], strides: [inner, 0, 1] };
    return shaped(
      call,
      viewOfFeatures(call, flat(call, x), view),
      sizes.map((size, i) => (i === axis ? size * n : size)),
    );
  },
  cast: (call) => {
    const dtype = call.plain(1, 'dtype');
    // an input may be read as indices
    return typeof call.x.ref === 'number' || /float/.test(`${dtype}`) ? call.x : refuse(call, 'dtype', dtype);
  },
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
  pow: 'power',
  reverse: 'flip',
  sub: 'subtract',
  swish: 'silu',
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

/** Operations that give back what they are given, with its mask. */
const KEEPS_MASK = /^(cast|converttotensor)$/;

/** What operations have that are no arguments. */
const NO_ARGUMENT = /^(name|trainable|dtype|function)$/;

/** Operations of Keras 3, and TensorFlow's of Keras 2. */
export const operation: Describe = (context, given) => {
  const { layer } = context;
  const name = nameOf(layer.text('operation'));
  if (!Object.hasOwn(OPERATIONS, name))
    return layer.fail(`operation ${layer.text('operation')} is not supported`);
  const inputs = KEEPS_MASK.test(name) ? given : given.map((each) => context.builder.unmasked(layer, each));
  const call = [layer.get('calls')].flat()[context.call] as Json | undefined;
  const { args: positional, kwargs } = isObject(call) ? call : {};
  const args = [positional].flat() as readonly (Json | undefined)[];
  const named: JsonObject = { ...(layer.get('own') as JsonObject), ...(kwargs as JsonObject) };
  const read = (json: Json | undefined): Argument => {
    const at = isObject(json) && json.tensor;
    return { value: typeof at === 'number' ? inputs[at] : undefined, json };
  };
  const seen = new Set<string>();
  const get = (at: number, ...names: readonly string[]) => {
    for (const each of names) seen.add(each);
    return read(args[at] ?? names.map((each) => named[each]).find((each) => each !== undefined));
  };
  const first = get(0, 'x', 'xs', 'values', 'arrays');
  const list = [first.json].flat().flatMap((each) => read(each as Json).value ?? []);
  const [x] = inputs;
  if (!x) return layer.fail('it has no input');
  const plain: Operation['plain'] = (at, ...names) => {
    const { value, json } = get(at, ...names);
    return value ? refuse(context, names[0]!, 'tensor') : json;
  };
  const made = OPERATIONS[name]!({ ...context, x: first.value ?? x, list, get, plain });
  for (const [key, value] of Object.entries(named))
    if (!seen.has(key) && !NO_ARGUMENT.test(key) && value && read(value).value !== x)
      refuse(context, key, value);
  return Array.isArray(made) ? made : [made as Value];
};
