import type { OnnxOperators } from '../onnxSession/operators.ts';
import { ATTENTION, CONTRIBUTED_ATTENTION } from './attention.ts';
import { WINDOWS } from './col2Im.ts';
import { COMMON } from './common.ts';
import { EINSUM } from './einsum.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { COMPOSED, FUSED } from './fused.ts';
import { GATHERS } from './gather.ts';
import { CONTRIBUTED_INTEGERS, INTEGERS } from './integers.ts';
import { MOVES } from './move.ts';
import { NORMS } from './norm.ts';
import { POOLS } from './pool.ts';
import { QUANTIZE } from './quantize.ts';
import { dynamicQuantizeLstm } from './quantizedLstm.ts';
import { REDUCES } from './reduce.ts';
import { RESIZES } from './resize.ts';
import { SCANS } from './scan.ts';
import { SEQUENCES } from './sequences.ts';
import { SIGNALS } from './signal.ts';

/** All operators besides those of every session: of ONNX and of ONNX Runtime's `com.microsoft`, for `loadOnnx(bytes, { operators })`. */
export const operators: OnnxOperators = {
  '': {
    ...COMMON,
    ...ELEMENTWISE,
    ...MOVES,
    ...GATHERS,
    ...REDUCES,
    ...EINSUM,
    ...WINDOWS,
    ...POOLS,
    ...RESIZES,
    ...NORMS,
    ...SCANS,
    ...QUANTIZE,
    ...INTEGERS,
    ...ATTENTION,
    ...COMPOSED,
    ...SEQUENCES,
    ...SIGNALS,
  },
  'com.microsoft': {
    ...CONTRIBUTED_INTEGERS,
    ...CONTRIBUTED_ATTENTION,
    ...FUSED,
    DynamicQuantizeLSTM: dynamicQuantizeLstm,
    QuantizeLinear: QUANTIZE.QuantizeLinear!,
    DequantizeLinear: QUANTIZE.DequantizeLinear!,
  },
};
