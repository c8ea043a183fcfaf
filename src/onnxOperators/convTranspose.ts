import { gemmWork } from '../memory/forwardWorkspace.ts';
import type { Operator, PlannedNode } from '../onnxSession/node.ts';
import { product } from '../onnxSession/strided.ts';
import { addBias, spatial } from './conv.ts';
import { asTwo, integersOf, type Window, windowOptions } from './windows.ts';

/** Adds columns [C·taps, positions] to where they lie in y[C, h, w]. */
export function foldBack(
  f32: Float32Array,
  from: number,
  to: number,
  C: number,
  [a, b]: readonly [Window, Window],
): void {
  let at = from;
  for (let c = 0; c < C; c++) {
    const plane = to + c * a.size * b.size;
    for (let i = 0; i < a.taps; i++) {
      for (let j = 0; j < b.taps; j++) {
        for (let p = 0; p < a.count; p++) {
          const y = p * a.stride + i * a.dilation - a.before;
          const line = plane + y * b.size;
          let x = j * b.dilation - b.before;
          for (let q = 0; q < b.count; q++, at++, x += b.stride) {
            if (y >= 0 && y < a.size && x >= 0 && x < b.size) f32[line + x]! += f32[at]!;
          }
        }
      }
    }
  }
}

/** Windows of the output, at whose positions the input lies. */
function outputWindows(node: PlannedNode, sizes: readonly number[], kernel: readonly number[]): Window[] {
  const rank = sizes.length;
  const { strides, dilations, pads, same, half } = windowOptions(node, rank);
  const extra = integersOf(node, 'output_padding', rank, 0);
  const asked = node.ints('output_shape')?.slice(-rank);
  return sizes.map((count, i) => {
    const [taps, stride, dilation] = [kernel[i]!, strides[i]!, dilations[i]!];
    if (extra[i]! >= Math.max(stride, dilation)) node.fail(`output_padding [${extra}]`);
    const full = stride * (count - 1) + extra[i]! + (taps - 1) * dilation + 1;
    const total = full - (asked?.[i] ?? count * stride);
    const [before, after] = asked || same ? [half(total), total - half(total)] : [pads[i]!, pads[i + rank]!];
    return { size: full - before - after, taps, stride, dilation, before, after, count };
  });
}

export const convTranspose: Operator = (node) => {
  const { x, w, sizes, kernel } = spatial(node);
  const windows = outputWindows(node, sizes, kernel);
  const two = asTwo(windows);
  const groups = node.int('group', 1);
  const [N, C] = x.shape as [number, number];
  const [I, G] = [C / groups, w.shape[1]!];
  if (!Number.isInteger(I) || w.shape[0] !== C) node.fail(`x [${x.shape}], w [${w.shape}], group ${groups}`);
  if (node.inputs[2]) node.shaped(2, [G * groups]);
  const positions = product(sizes);
  const taps = product(kernel);
  const out = node.output([N, G * groups, ...windows.map(({ size }) => size)]);
  const plane = product(out.shape.slice(2));
  const columns = 64 * Math.ceil((4 * G * taps * positions) / 64);
  node.step(
    (io) => {
      const { kernels, f32, y, px, py, work } = io;
      y[0]!.fill(0);
      for (let n = 0; n < N * groups; n++) {
        const g = n % groups;
        const rows = G * taps;
        kernels.sgemm_tn(
          rows,
          positions,
          I,
          px[1]! + 4 * g * I * rows,
          rows,
          px[0]! + 4 * n * I * positions,
          positions,
          0,
          work,
          positions,
          work + columns,
        );
        foldBack(f32, work / 4, py[0]! / 4 + n * G * plane, G, two);
      }
      addBias(io, N, G * groups, plane);
    },
    { scratch: columns + gemmWork(G * taps, positions, I) },
  );
};
