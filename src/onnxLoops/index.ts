/**
 * Recurrent layers in loops of ONNX models, for `loadOnnx`.
 * @module unrolled/onnx-loops
 */

import { reading } from '../errors.ts';
import { loop } from '../onnxOperators/loop.ts';
import { RECURRENT } from '../onnxOperators/recurrent.ts';
import type { Operator, PlannedNode } from '../onnxSession/node.ts';
import type { OnnxOperators } from '../onnxSession/operators.ts';
import type { Value } from '../onnxSession/value.ts';
import { fuseLoop, fuseScan } from './recurrent.ts';

/** The operator by `fuse` where that gives values, else by `plain`. */
function either(fuse: (node: PlannedNode) => Value[] | undefined, plain: Operator): Operator {
  return (node) => {
    const fused = fuse(node);
    if (!fused) return plain(node);
    for (const value of fused) node.alias(value);
  };
}

const noScan: Operator = (node) =>
  node.fail('its passes are no recurrent layer; Scan is in unrolled/onnx-operators');

/**
 * Operators for `loadOnnx(bytes, { operators })` with which a Loop or Scan whose passes are LSTM, GRU or RNN cells runs as
 * these layers, as tf2onnx writes them; other loops run pass by pass.
 * @param operators those of unrolled/onnx-operators, if a model needs them
 */
export function fuseLoops(operators: OnnxOperators = {}): OnnxOperators {
  const all = reading(
    'operators',
    operators,
    () => ({ ...operators, '': { ...operators[''] } }),
    'tables of operators',
  );
  const scan = all[''].Scan ?? noScan;
  return {
    ...all,
    '': { ...RECURRENT, ...all[''], Loop: either(fuseLoop, loop), Scan: either(fuseScan, scan) },
  };
}
