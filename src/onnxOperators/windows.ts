import type { PlannedNode } from '../onnxSession/node.ts';

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

/** An attribute of `count` integers, each `least` or more, as where it is left out. */
export function integersOf(node: PlannedNode, name: string, count: number, least: number): readonly number[] {
  const given = node.ints(name) ?? new Array<number>(count).fill(least);
  if (given.length !== count || given.some((n) => n < least))
    node.fail(`${name} [${given}]: expected ${count} of at least ${least}`);
  return given;
}

/** The attributes of windows in `rank` dimensions, one or two. */
export function windowOptions(node: PlannedNode, rank: number) {
  if (![1, 2].includes(rank)) node.fail(`${rank} spatial dimensions: expected 1 or 2`);
  const auto = node.oneOf('auto_pad', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const pads = integersOf(node, 'pads', 2 * rank, 0);
  return {
    strides: integersOf(node, 'strides', rank, 1),
    dilations: integersOf(node, 'dilations', rank, 1),
    pads: auto === 'VALID' ? pads.map(() => 0) : pads,
    same: auto.startsWith('SAME'),
    /** Of padding that `same` asks for, what goes before the first step. */
    half: (total: number) => Math.max(0, (auto === 'SAME_UPPER' ? Math.floor : Math.ceil)(total / 2)),
  };
}

/** Windows along each spatial dimension, by a node's attributes. */
export function windowsOf(node: PlannedNode, sizes: readonly number[], kernel: readonly number[]): Window[] {
  const rank = sizes.length;
  const { strides, dilations, pads, same, half } = windowOptions(node, rank);
  const ceil = node.int('ceil_mode', 0);
  return sizes.map((size, i) => {
    const [taps, stride, dilation] = [kernel[i]!, strides[i]!, dilations[i]!];
    const extent = (taps - 1) * dilation + 1;
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
    const [before, after] = same ? [half(total), total - half(total)] : [pads[i]!, pads[i + rank]!];
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
  return [none, ...windows].slice(-2) as [Window, Window];
}
