import type { Operator, Operators } from '../onnxSession/node.ts';
import { product } from '../onnxSession/strided.ts';
import { foldBack } from './convTranspose.ts';
import { asTwo, windowsOf } from './windows.ts';

/** Columns [N, C · taps, positions] added to where they lie in images, as torch's fold. */
const col2Im: Operator = (node) => {
  const value = node.input(0);
  const [sizes, kernel] = [1, 2].map((i) => Array.from(node.constant(i)));
  const [N, rows] = value.shape as [number, number];
  const two = asTwo(windowsOf(node, sizes!, kernel!));
  const C = rows / product(kernel!);
  const positions = two[0].count * two[1].count;
  if (sizes!.length > 2 || !Number.isInteger(C) || value.shape[2] !== positions)
    node.fail(`[${value.shape}] for an image of [${sizes}] and windows of [${kernel}]`);
  node.output([N, C, ...sizes!]);
  const plane = product(sizes!);
  node.step(
    ({ f32, y, px, py }) => {
      y[0]!.fill(0);
      for (let n = 0; n < N; n++)
        foldBack(f32, px[0]! / 4 + n * rows * positions, py[0]! / 4 + n * C * plane, C, two);
    },
    { inputs: [value] },
  );
};

/** Windows of images. */
export const WINDOWS: Operators = { Col2Im: col2Im };
