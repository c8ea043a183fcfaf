import type { CallAttributes, PlannedNode } from '../onnxSession/node.ts';

/** A node's attributes of windows, for a convolution or pooling that it is made of. */
export function windowAttributes(node: PlannedNode): CallAttributes {
  const lists = ['kernel_shape', 'strides', 'pads', 'dilations'].filter((name) => node.has(name));
  return {
    ...Object.fromEntries(lists.map((name) => [name, node.ints(name)!])),
    group: node.int('group', 1),
    auto_pad: node.text('auto_pad', 'NOTSET'),
  };
}
