import { elements } from '../allocate.ts';
import { DTYPES } from '../formats/onnx/schema.ts';
import type { Operator, Operators } from '../onnxSession/node.ts';
import { copier, stridesOf } from '../onnxSession/strided.ts';

const tile: Operator = (node) => {
  const value = node.input(0);
  const times = Array.from(node.constant(1));
  const own = stridesOf(value.shape);
  const shape = value.shape.map((size, i) => size * times[i]!);
  node.output(shape);
  const parts = value.shape.flatMap((size, i) => [times[i]!, size]);
  const copy = copier(
    parts,
    { strides: value.shape.flatMap((_, i) => [0, own[i]!]) },
    { strides: stridesOf(parts) },
  );
  node.step((io) => copy(io, 0, 0), { inputs: [value] });
};

const depthToSpace: Operator = (node) => {
  const value = node.input(0);
  const [n, c, h, w] = value.shape as [number, number, number, number];
  const b = node.int('blocksize', 1);
  const deep = node.node.op === 'DepthToSpace';
  const C = deep ? c / (b * b) : c;
  const [H, W] = deep ? [h, w] : [h / b, w / b];
  const first = node.oneOf('mode', ['DCR', 'CRD']) === 'DCR';
  const split = deep ? (first ? [n, b, b, C, H, W] : [n, C, b, b, H, W]) : [n, C, H, b, W, b];
  const perm = deep
    ? first
      ? [0, 3, 4, 1, 5, 2]
      : [0, 1, 4, 2, 5, 3]
    : first
      ? [0, 3, 5, 1, 2, 4]
      : [0, 1, 3, 5, 2, 4];
  const strides = stridesOf(split);
  const shape = perm.map((i) => split[i]!);
  node.output(deep ? [n, C, H * b, W * b] : [n, C * b * b, H, W]);
  const copy = copier(shape, { strides: perm.map((i) => strides[i]!) }, { strides: stridesOf(shape) });
  node.step((io) => copy(io, 0, 0), { inputs: [value] });
};

const oneHot: Operator = (node) => {
  const indices = node.input(0);
  const depth = node.constant(1)[0]!;
  const axis = node.axis(node.int('axis', -1), indices.shape.length + 1);
  const shape = [...indices.shape];
  shape.splice(axis, 0, depth);
  node.output(shape, node.shaped(2, [2]).dtype);
  const inner = elements(indices.shape.slice(axis));
  node.step(({ x, y }) => {
    const [off, on] = [x[2]![0]!, x[2]![1]!];
    y[0]!.fill(off);
    for (let i = 0; i < indices.size; i++) {
      const given = x[0]![i]!;
      const at = given < 0 ? given + depth : given;
      if (at >= 0 && at < depth) y[0]![(Math.floor(i / inner) * depth + at) * inner + (i % inner)] = on;
    }
  });
};

const eyeLike: Operator = (node) => {
  const { shape, dtype } = node.input(0);
  const k = node.int('k', 0);
  node.output(shape, node.int('dtype', dtype));
  node.step(({ y }) => {
    y[0]!.fill(0);
    for (let i = 0; i < shape[0]!; i++) if (i + k >= 0 && i + k < shape[1]!) y[0]![i * shape[1]! + i + k] = 1;
  });
};

/** Its output has as many columns as values differ from 0: they must be known when it is planned. */
const nonZero: Operator = (node) => {
  const { shape } = node.input(0);
  const data = node.constant(0);
  const found = [...data.keys()].filter((i) => data[i] !== 0);
  let inner = data.length;
  const rows = shape.map((size) => {
    inner /= size;
    return found.map((i) => Math.floor(i / inner) % size);
  });
  node.fixed(Int32Array.from(rows.flat()), [shape.length, found.length], DTYPES.int64);
};

/** Operators that move elements, or whose outputs follow from shapes. */
export const MOVES: Operators = {
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: depthToSpace,
  OneHot: oneHot,
  EyeLike: eyeLike,
  NonZero: nonZero,
};
