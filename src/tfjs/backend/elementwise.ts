import { activationOf, type Activation as OurActivation } from '../../activations.ts';
import type { TensorInfo } from '../tf.ts';
import type { UnrolledBackend } from './backend.ts';
import { BYTES, TYPES } from './data.ts';
import { floats, type OwnCall, type OwnKernel } from './own.ts';
import { broadcastShape, forOuter, isSame, repeatedAxes, sizeOf } from './shape.ts';

/** A kernel over m rows of n values; strides of a and b, the last one 0 or 1. */
type Rows = (
  m: number,
  n: number,
  ...operands: [a: number, lda: number, sa: number, b: number, ldb: number, sb: number, y: number]
) => void;

/** Kinds of tensor_binary in their order (assembly/tensor/binary.ts). */
const BINARY = 'Add Sub Multiply RealDiv Maximum Minimum SquaredDifference'.split(' ');

/** Kinds of tensor_compare in their order (assembly/tensor/compare.ts). */
const COMPARE = 'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr'.split(' ');

/** Kinds of tensor_unary in their order (assembly/tensor/unary.ts). */
const UNARY = 'Neg Abs Square Sqrt Rsqrt Reciprocal Floor Ceil Round Step ClipByValue Log'.split(' ');

/** Activations by TF.js's kernels. */
export const ACTIVATIONS: Readonly<Record<string, OurActivation>> = {
  ...each(
    'Elu LeakyRelu Relu Relu6 Selu Sigmoid Softplus Tanh'.split(' '),
    (_, name) => name.toLowerCase() as OurActivation,
  ),
  Exp: 'exponential',
};

/** Runs a kernel over all rows of a and b, repeated as shapes require; undefined if they do not fit. */
function broadcast(
  backend: UnrolledBackend,
  a: TensorInfo,
  b: TensorInfo,
  dtype: string,
  bytes: number,
  run: Rows,
): TensorInfo | undefined {
  const pa = backend.pointer(a);
  const pb = backend.pointer(b);
  const shape = broadcastShape(a.shape, b.shape);
  if (pa === undefined || pb === undefined || !shape) return undefined;
  const { ptr, info } = backend.make(shape, dtype);
  const size = sizeOf(shape);
  if (isSame(a.shape, b.shape)) {
    run(1, size, pa, 0, 1, pb, 0, 1, ptr);
    return info;
  }
  const axes = repeatedAxes(a.shape, b.shape, shape);
  const [sa, sb] = axes.strides.map((own) => own.at(-1) ?? 0) as [number, number];
  const [lda, ldb] = axes.strides.map((own) => own.at(-2) ?? 0) as [number, number];
  const m = axes.sizes.at(-2) ?? 1;
  const n = axes.sizes.at(-1) ?? 1;
  const result = dtype === 'bool' ? 1 : bytes;
  forOuter(axes, 2, ([atA, atB, atY]) => {
    run(m, n, pa + atA! * bytes, lda, sa, pb + atB! * bytes, ldb, sb, ptr + atY! * result);
  });
  return info;
}

/** Of two tensors of one type: of float32 unless it compares. */
function pair(compares: boolean): (kind: number) => OwnKernel {
  return (kind) =>
    ({ inputs, backend }) => {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const type = TYPES.indexOf(a.dtype);
      if (type < 0 || a.dtype !== b.dtype || (type > 0 && !compares)) return undefined;
      const { kernels } = backend;
      return broadcast(backend, a, b, compares ? 'bool' : a.dtype, BYTES[a.dtype]!, (...operands) =>
        compares ? kernels.tensor_compare(kind, type, ...operands) : kernels.tensor_binary(kind, ...operands),
      );
    };
}

/** Of a tensor of float32, n values. */
function single(
  run: (backend: UnrolledBackend, attrs: OwnCall['attrs'], n: number, x: number, y: number) => void,
): OwnKernel {
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const from = backend.pointer(x, 'float32');
    if (from === undefined) return undefined;
    const { ptr, info } = backend.make(x.shape);
    run(backend, attrs ?? {}, sizeOf(x.shape), from, ptr);
    return info;
  };
}

function unary(kind: number): OwnKernel {
  return single(({ kernels }, { clipValueMin, clipValueMax = 0, alpha = 0 }, ...values) =>
    kernels.tensor_unary(kind, clipValueMin ?? alpha, clipValueMax, ...values),
  );
}

/** Of n values y = φ(x) by TF.js's name of φ, at pointers; y may be x. */
export function activate(
  name: string,
): (
  backend: UnrolledBackend,
  attrs: { readonly alpha?: number | undefined },
  n: number,
  x: number,
  y: number,
) => void {
  const { kind, alpha: usual, beta } = activationOf(name, ACTIVATIONS[name]!);
  return ({ kernels }, { alpha = usual }, ...values) =>
    kernels.vec_activate(kind, alpha, beta, Infinity, ...values, 0);
}

/** Where `condition` is true the values of t, else those of e. */
const select: OwnKernel = ({ inputs, backend }) => {
  const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
  const values = floats(backend, t, e);
  const at = backend.pointer(condition, 'bool');
  if (!values || at === undefined || ![e, condition].every(({ shape }) => isSame(shape, t.shape)))
    return undefined;
  const { ptr, info } = backend.make(t.shape);
  backend.kernels.tensor_select(sizeOf(t.shape), at, values[0]!, values[1]!, ptr);
  return info;
};

/** What `make` gives for the place and the name of each. */
export function each<T, Name extends string>(
  names: readonly Name[],
  make: (kind: number, name: Name) => T,
): Record<string, T> {
  return Object.fromEntries(names.map((name, kind) => [name, make(kind, name)]));
}

export const elementwise: Readonly<Record<string, OwnKernel>> = {
  ...each(BINARY, pair(false)),
  ...each(COMPARE, pair(true)),
  ...each(UNARY, unary),
  ...each(Object.keys(ACTIVATIONS), (_, name) => single(activate(name))),
  Select: select,
};
