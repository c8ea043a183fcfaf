import { DTYPES } from '../formats/onnx/schema.ts';
import { known, type Operator, type Operators, type PlannedNode } from '../onnxSession/node.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';

/** The tensors of a sequence. */
function itemsOf(node: PlannedNode, i: number): readonly Value[] {
  return rootOf(node.input(i)).items ?? node.fail(`input ${i} is no sequence`);
}

/** Tensors that a sequence is cut into at most. */
const MOST_PARTS = 2 ** 16;

/** Adds an output that is a sequence. */
function give(node: PlannedNode, items: readonly Value[]): void {
  node.outputs = [{ dtype: 0, shape: [], size: 1, items }];
}

/** A position, which is known; without one the end. */
function position(node: PlannedNode, i: number, count: number, end: number): number {
  const given = node.inputs[i] ? node.constant(i)[0]! : end;
  const at = given < 0 ? given + count : given;
  if (!(at >= 0 && at <= end)) node.fail(`position ${given} of ${count}`);
  return at;
}

const concatFromSequence: Operator = (node) => {
  const items = itemsOf(node, 0);
  const [first] = items;
  if (!first) return node.fail('an empty sequence');
  const isNew = node.int('new_axis', 0) === 1;
  const axis = node.axis(node.int('axis', 0), first.shape.length + (isNew ? 1 : 0));
  const parts = isNew
    ? items.map((own) => ({ ...own, shape: own.shape.toSpliced(axis, 0, 1), of: own }))
    : items;
  node.alias(node.call('Concat', parts, { axis }));
};

const splitToSequence: Operator = (node) => {
  const value = node.input(0);
  const axis = node.axis(node.int('axis', 0), value.shape.length);
  const size = value.shape[axis]!;
  const given = node.inputs[1] && node.constant(1);
  const scalar = node.inputs[1]?.shape.length === 0;
  const each = given ? given[0]! : 1;
  if (!(each > 0) || size / each > MOST_PARTS) node.fail(`parts of ${each} of ${size}`);
  const sizes =
    given && !scalar
      ? [...given]
      : Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each));
  const parts = node.calls('Split', [value, known(sizes)], { axis }, sizes.length);
  // as ONNX Runtime: keepdims counts for a scalar, too, whose parts must then be of 1
  const gone = (!given || scalar) && !node.int('keepdims', 1);
  if (gone && sizes.some((own) => own > 1)) node.fail(`keepdims 0 with parts of ${each}`);
  give(node, gone ? parts.map((own) => ({ ...own, shape: own.shape.toSpliced(axis, 1), of: own })) : parts);
};

/** Sequences of tensors, whose length is known when a plan is made. */
export const SEQUENCES: Operators = {
  SequenceEmpty: (node) => give(node, []),
  SequenceConstruct: (node) => {
    give(
      node,
      node.inputs.map((_, i) => node.input(i)),
    );
  },
  SequenceInsert: (node) => {
    const items = itemsOf(node, 0);
    give(node, items.toSpliced(position(node, 2, items.length, items.length), 0, node.input(1)));
  },
  SequenceErase: (node) => {
    const items = itemsOf(node, 0);
    give(node, items.toSpliced(position(node, 1, items.length, items.length - 1), 1));
  },
  SequenceAt: (node) => {
    const items = itemsOf(node, 0);
    node.alias(items[position(node, 1, items.length, items.length - 1)]!);
  },
  SequenceLength: (node) => node.fixed(Int32Array.of(itemsOf(node, 0).length), [], DTYPES.int64),
  ConcatFromSequence: concatFromSequence,
  SplitToSequence: splitToSequence,
};
