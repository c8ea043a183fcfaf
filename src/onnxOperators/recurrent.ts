import type { Operator, Operators } from '../onnxSession/node.ts';
import type { Cell } from '../onnxSession/ops/recurrentData.ts';
import type { Value } from '../onnxSession/value.ts';
import { generalCell, type Product } from './cell.ts';
import { recurrent } from './directions.ts';

/** With every option; layout 1 has the rows first. */
function withOptions(kind: Cell['kind']): Operator {
  const timeMajor = recurrent(kind, generalCell);
  return (node) => {
    if (node.int('layout', 0) !== 1) return timeMajor(node);
    const turned = (v: Value, perm: readonly number[]) => node.call('Transpose', [v], { perm });
    const inner = node.withInputs(
      node.inputs.map((v, i) => (v && [0, 5, 6].includes(i) ? turned(v, [1, 0, 2]) : v)),
    );
    timeMajor(inner);
    for (const [i, v] of inner.outputs.entries()) node.alias(turned(v, i ? [1, 0, 2] : [2, 0, 1, 3]));
  };
}

/** An LSTM with products of its own, of inputs 8 and 9 besides. */
export const lstmOf = (product: Product): Operator =>
  recurrent('LSTM', (node, cell) => generalCell(node, cell, product), false);

/** Recurrent operators with options that sessions lack by themselves. */
export const RECURRENT: Operators = {
  RNN: withOptions('RNN'),
  GRU: withOptions('GRU'),
  LSTM: withOptions('LSTM'),
};
