import type { Operator, Operators, PlannedNode } from '../onnxSession/node.ts';
import { tableOf } from './pad.ts';

/** Place in the input of a place in the output; sizes of both, and the scale. */
const PLACES: Readonly<Record<string, (at: number, from: number, to: number, scale: number) => number>> = {
  asymmetric: (at, _, __, scale) => at / scale,
  half_pixel: (at, _, __, scale) => (at + 0.5) / scale - 0.5,
  pytorch_half_pixel: (at, _, to, scale) => (to > 1 ? (at + 0.5) / scale - 0.5 : 0),
  align_corners: (at, from, to) => (to > 1 ? (at * (from - 1)) / (to - 1) : 0),
  half_pixel_symmetric: (at, from, to, scale) =>
    (from / 2) * (1 - to / (scale * from)) + (at + 0.5) / scale - 0.5,
};

const ROUNDINGS: Readonly<Record<string, (at: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (at) => Math.ceil(at - 0.5),
  round_prefer_ceil: (at) => Math.floor(at + 0.5),
};

/** The shape of the output, and by how much each dimension grows. */
function sizesOf(node: PlannedNode): { shape: number[]; scales: number[] } {
  const { shape } = node.input(0);
  const rank = shape.length;
  const old = node.inputs.length < 3;
  const axes = (node.ints('axes') ?? shape.map((_, i) => i)).map((axis) => node.axis(axis, rank));
  const at = old ? 1 : 2;
  const given = node.floats('scales') ?? (node.inputs[at] && node.constant(at));
  const byScale = given && given.length > 0;
  const asked = byScale ? given : node.constant(3);
  if (byScale && !asked.every((scale) => scale > 0)) node.fail(`scales [${asked}]`);
  if (asked.length !== axes.length) node.fail(`${asked.length} sizes of ${axes.length} dimensions`);
  const to = [...shape];
  const scales = shape.map(() => 1);
  for (const [i, axis] of axes.entries()) {
    to[axis] = byScale ? Math.floor(shape[axis]! * asked[i]!) : asked[i]!;
    scales[axis] = byScale ? asked[i]! : asked[i]! / shape[axis]!;
  }
  return { shape: to, scales };
}

/** Nearest values, or linear interpolation between those around, in all dimensions. */
const resize: Operator = (node) => {
  const value = node.input(0);
  const old = node.node.op === 'Upsample' || node.opset < 11;
  const mode = node.text('mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear') node.fail(`mode ${mode} is not supported`);
  const place = node.text('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const placeOf = PLACES[place] ?? node.fail(`coordinate_transformation_mode ${place} is not supported`);
  if (node.int('antialias', 0)) node.fail('antialias is not supported');
  const policy = node.text('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') node.fail(`keep_aspect_ratio_policy ${policy} is not supported`);
  const { shape, scales } = sizesOf(node);
  if (String(shape) === String(value.shape)) return node.alias(value);
  node.output(shape);
  const at = (k: number, i: number) => placeOf(k, value.shape[i]!, shape[i]!, scales[i]!);
  const within = (k: number, i: number) => Math.max(0, Math.min(value.shape[i]! - 1, k));
  if (mode === 'nearest') {
    const rounding = node.text('nearest_mode', old ? 'floor' : 'round_prefer_floor');
    const round = ROUNDINGS[rounding] ?? node.fail(`nearest_mode ${rounding} is not supported`);
    let table: Int32Array | undefined;
    return node.step(({ x, y }) => {
      table ??= tableOf(shape, value.shape, (k, i) => (scales[i] === 1 ? k : within(round(at(k, i)), i)));
      for (let k = 0; k < table.length; k++) y[0]![k] = x[0]![table[k]!]!;
    });
  }
  const changed = shape.flatMap((size, i) => (size === value.shape[i] ? [] : [i]));
  if (changed.length > 3) node.fail(`linear in ${changed.length} dimensions`);
  // each corner of the cell around a place, and its part
  const cornersOf = () =>
    Array.from({ length: 2 ** changed.length }, (_, corner) => {
      const side = (i: number) => (changed.includes(i) ? (corner >> changed.indexOf(i)) & 1 : -1);
      const table = tableOf(shape, value.shape, (k, i) =>
        side(i) < 0 ? k : within(Math.floor(within(at(k, i), i)) + side(i), i),
      );
      let weights = Float32Array.of(1);
      for (const [i, size] of shape.entries()) {
        const next = new Float32Array(weights.length * size);
        for (const [a, weight] of weights.entries()) {
          for (let k = 0; k < size; k++) {
            const inner = within(at(k, i), i);
            const part = inner - Math.floor(inner);
            next[a * size + k] = weight * (side(i) < 0 ? 1 : side(i) ? part : 1 - part);
          }
        }
        weights = next;
      }
      return { table, weights };
    });
  let corners: ReturnType<typeof cornersOf> | undefined;
  return node.step(({ x, y }) => {
    y[0]!.fill(0);
    corners ??= cornersOf();
    for (const { table, weights } of corners)
      for (let k = 0; k < table.length; k++) y[0]![k]! += weights[k]! * x[0]![table[k]!]!;
  });
};

/** Operators that change sizes by interpolation. */
export const RESIZES: Operators = { Resize: resize, Upsample: resize };
