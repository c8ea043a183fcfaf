import type { CallAttributes, PlannedNode } from '../onnxSession/node.ts';

/** Windows of a convolution or pooling along one dimension. */
export interface Window {
  /** Steps of the input. */
  readonly size: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first step and after the last one. */
  readonly before: number;
  readonly after: number;
  /** Windows. */
  readonly count: number;
}

/** A node's attributes of windows, for a convolution or pooling that it is made of. */
export function windowAttributes(node: PlannedNode): CallAttributes {
  const lists = ['kernel_shape', 'strides', 'pads', 'dilations'].filter((name) => node.has(name));
  return {
    ...Object.fromEntries(lists.map((name) => [name, node.ints(name)!])),
    group: node.int('group', 1),
    auto_pad: node.text('auto_pad', 'NOTSET'),
  };
}

/** Windows along each spatial dimension, by a node's attributes. */
export function windowsOf(node: PlannedNode, sizes: readonly number[], kernel: readonly number[]): Window[] {
  const rank = sizes.length;
  const one = new Array<number>(rank).fill(1);
  const strides = node.ints('strides') ?? one;
  const dilations = node.ints('dilations') ?? one;
  const pads = node.ints('pads') ?? new Array<number>(2 * rank).fill(0);
  const auto = node.text('auto_pad', 'NOTSET');
  const ceil = node.int('ceil_mode', 0);
  return sizes.map((size, i) => {
    const [taps, stride, dilation] = [kernel[i]!, strides[i] ?? 1, dilations[i] ?? 1];
    if (!(taps > 0 && stride > 0 && dilation > 0)) node.fail('a kernel, stride or dilation below 1');
    const extent = (taps - 1) * dilation + 1;
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const count = Math.ceil(size / stride);
      const total = Math.max(0, (count - 1) * stride + extent - size);
      const before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      return { size, taps, stride, dilation, before, after: total - before, count };
    }
    const [before, after] = auto === 'VALID' ? [0, 0] : [pads[i] ?? 0, pads[i + rank] ?? 0];
    const room = size + before + after - extent;
    let count = Math.max(0, (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1);
    // a window that begins in the padding after the input is none
    if (ceil && (count - 1) * stride >= size + before) count--;
    return { size, taps, stride, dilation, before, after, count };
  });
}

/** One or two dimensions as two: a first one of size 1 is added. */
export function asTwo(windows: readonly Window[]): [Window, Window] {
  const none: Window = { size: 1, taps: 1, stride: 1, dilation: 1, before: 0, after: 0, count: 1 };
  return windows.length === 1 ? [none, windows[0]!] : [windows[0]!, windows[1]!];
}
