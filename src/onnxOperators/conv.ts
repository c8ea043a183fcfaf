import { gemmWork, linearWork } from '../memory/forwardWorkspace.ts';
import type { Operator, PlannedNode } from '../onnxSession/node.ts';
import { product } from '../onnxSession/strided.ts';
import { type Io, rootOf } from '../onnxSession/value.ts';
import { asTwo, type Window, windowsOf } from './windows.ts';

/**
 * Writes the windows of x[C, h, w] as columns [C·taps, positions], or as rows [positions, C·taps]: `dc` floats from
 * one row of the columns to the next, `dp` from one position to the next. Floats at index `to` of `f32`.
 */
function unfold(
  f32: Float32Array,
  from: number,
  to: number,
  C: number,
  [a, b]: readonly [Window, Window],
  dc: number,
  dp: number,
): void {
  let row = to;
  for (let c = 0; c < C; c++) {
    const plane = from + c * a.size * b.size;
    for (let i = 0; i < a.taps; i++) {
      for (let j = 0; j < b.taps; j++, row += dc) {
        let o = row;
        for (let p = 0; p < a.count; p++) {
          const y = p * a.stride + i * a.dilation - a.before;
          const inside = y >= 0 && y < a.size;
          const line = plane + y * b.size;
          let x = j * b.dilation - b.before;
          for (let q = 0; q < b.count; q++, o += dp, x += b.stride) {
            f32[o] = inside && x >= 0 && x < b.size ? f32[line + x]! : 0;
          }
        }
      }
    }
  }
}

/** x and the weights, with sizes of the spatial dimensions of x and of the kernel. */
export function spatial(node: PlannedNode) {
  const [x, w] = [node.input(0), node.input(1)];
  const sizes = x.shape.slice(2);
  const kernel = w.shape.slice(2);
  const asked = node.ints('kernel_shape') ?? kernel;
  if (w.shape.length !== x.shape.length || kernel.includes(0) || String(asked) !== String(kernel))
    node.fail(`x [${x.shape}], w [${w.shape}], kernel_shape [${asked}]`);
  return { x, w, sizes, kernel };
}

/** Positions below which windows are rows, so that the weights are packed once and bias is added on the way. */
const FEW = 64;

/** Conv, of one and two dimensions. */
export const conv: Operator = (node) => {
  const { x, w, sizes, kernel } = spatial(node);
  const windows = windowsOf(node, sizes, kernel);
  const two = asTwo(windows);
  const groups = node.int('group', 1);
  const [N, C] = x.shape as [number, number];
  const O = w.shape[0]!;
  const [I, G] = [C / groups, O / groups];
  if (!Number.isInteger(G) || w.shape[1] !== I) {
    node.fail(`x [${x.shape}], w [${w.shape}], group ${groups}`);
  }
  if (node.inputs[2]) node.shaped(2, [O]);
  const k = I * product(kernel);
  const positions = two[0].count * two[1].count;
  node.output([N, O, ...windows.map(({ count }) => count)]);
  // a kernel of one tap reads x as it lies
  const direct = two.every((d) => d.taps === 1 && d.stride === 1 && d.count === d.size);
  const plane = product(sizes);
  if (I === 1 && G === 1) return depthwiseConv(node, N, C, two);
  const data = rootOf(w).data;
  if (data && groups === 1 && positions && positions <= FEW && k) {
    const slot = node.planning.memory.keep([data], `linear ${O} ${k}`, linearWork(O, k));
    const rows = 4 * positions * k;
    const out = positions > 1 ? 4 * positions * O : 0;
    node.step(
      ({ kernels, f32, px, py, work }) => {
        for (let n = 0; n < N; n++) {
          const y = py[0]! + 4 * n * O * positions;
          let from = px[0]! + 4 * n * C * plane;
          if (positions > 1 || !direct) {
            if (direct) kernels.transpose(k, positions, from, positions, work, k);
            else unfold(f32, from / 4, work / 4, C, two, 1, k);
            from = work;
          }
          const to = out ? work + rows : y;
          kernels.linear_forward(positions, O, k, from, px[1]!, px[2] ?? 0, to, slot.ready, slot.ptr);
          slot.ready = 1;
          if (out) kernels.transpose(positions, O, to, O, y, positions);
        }
      },
      { scratch: rows + out, kept: [slot] },
    );
    return;
  }
  const columns = direct ? 0 : 64 * Math.ceil((4 * k * positions) / 64);
  node.step(
    (io) => {
      const { kernels, f32, px, py, work } = io;
      for (let n = 0; n < N * groups; n++) {
        const g = n % groups;
        const from = px[0]! + 4 * n * I * plane;
        if (!direct) unfold(f32, from / 4, work / 4, I, two, positions, 1);
        const to = py[0]! + 4 * n * G * positions;
        kernels.sgemm_nn(
          G,
          positions,
          k,
          px[1]! + 4 * g * G * k,
          k,
          direct ? from : work,
          positions,
          0,
          to,
          positions,
          work + columns,
        );
      }
      addBias(io, N, O, positions);
    },
    { scratch: columns + gemmWork(G, positions, k) },
  );
};

/** Adds the bias of an operator, a number per channel, to y[N, O, positions]. */
export function addBias({ kernels, px, py }: Io, N: number, O: number, positions: number): void {
  if (!px[2]) return;
  for (let n = 0, y = py[0]!; n < N; n++, y += 4 * O * positions)
    kernels.tensor_binary(ADD, O, positions, y, positions, 1, px[2], 1, 0, y);
}

/** Kinds of tensor_binary. */
const ADD = 0;
const MULTIPLY = 2;

/** One channel per group: for each tap, positions as rows of all channels times a row of weights. */
function depthwiseConv(node: PlannedNode, N: number, C: number, [a, b]: readonly [Window, Window]): void {
  const taps = a.taps * b.taps;
  const [size, plane] = [a.size * b.size, a.count * b.count];
  const row = 4 * C;
  node.step(
    (io) => {
      const { kernels, f32, px, py, work } = io;
      const x = work + row * taps;
      const y = x + row * size;
      const part = y + row * plane;
      kernels.transpose(C, taps, px[1]!, taps, work, C);
      for (let n = 0; n < N; n++) {
        kernels.transpose(C, size, px[0]! + n * row * size, size, x, C);
        f32.fill(0, y / 4, part / 4);
        for (let tap = 0; tap < taps; tap++) {
          // positions low to high at which the tap lies inside
          const at = (tap % b.taps) * b.dilation - b.before;
          const low = Math.max(0, Math.ceil(-at / b.stride));
          const m = Math.min(b.count, Math.ceil((b.size - at) / b.stride)) - low;
          const w = work + row * tap;
          for (let p = 0; p < a.count && m > 0; p++) {
            const line = p * a.stride + Math.floor(tap / b.taps) * a.dilation - a.before;
            if (line < 0 || line >= a.size) continue;
            const from = x + row * (line * b.size + at + low * b.stride);
            const to = y + row * (p * b.count + low);
            kernels.tensor_binary(MULTIPLY, m, C, from, C * b.stride, 1, w, 0, 1, part);
            kernels.tensor_binary(ADD, m, C, to, C, 1, part, C, 1, to);
          }
        }
        kernels.transpose(plane, C, y, C, py[0]! + n * row * plane, plane);
      }
      addBias(io, N, C, plane);
    },
    { scratch: row * (taps + size + 2 * plane) },
  );
}
