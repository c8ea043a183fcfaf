/**
 * What the parts that `loadOnnx` loads with import() need. Every part imports something from here, so that esbuild, which cuts files
 * by what reaches them, keeps sessions in one file: fewer bytes gzipped.
 */
export { newData, type Operator, type Operators, type PlannedNode } from './node.ts';
export { activation, binary, unary } from './ops/elementwise.ts';
export { join } from './ops/move.ts';
export { OnnxSession } from './session.ts';
