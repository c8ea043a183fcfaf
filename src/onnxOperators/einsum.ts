import type { Operator, Operators } from '../onnxSession/node.ts';
import { rowsOf, stridesOf, walk } from '../onnxSession/strided.ts';

/** Most inputs. */
const MOST = 3;

/** Indices of an operand or of the output; those of `...` are digits, from the last dimension. */
function indicesOf(term: string, rank: number): string[] {
  const own = term.replace('...', '').length;
  const rest = Array.from({ length: Math.max(0, rank - own) }, (_, i) => `${rank - own - 1 - i}`);
  const [before = '', after = ''] = term.split('...');
  return term.includes('...') ? [...before, ...rest, ...after] : [...before];
}

/** Sums of products of elements: those of the output's indices, over all others. */
const einsum: Operator = (node) => {
  const equation = node.text('equation', '').replace(/\s/g, '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  const values = node.inputs.map((_, i) => node.input(i));
  if (terms.length !== values.length || values.length > MOST || !/^[a-zA-Z.,]*$/.test(left))
    node.fail(`equation '${equation}' of ${values.length} inputs (at most ${MOST})`);
  const sizes = new Map<string, number>();
  const operands = values.map(({ shape }, i) => {
    const indices = indicesOf(terms[i]!, shape.length);
    if (indices.length !== shape.length) node.fail(`'${terms[i]}' of [${shape}]`);
    for (const [k, index] of indices.entries()) {
      const known = sizes.get(index) ?? 1;
      if (known !== 1 && shape[k] !== 1 && known !== shape[k])
        node.fail(`sizes ${known} and ${shape[k]} of '${index}'`);
      sizes.set(index, Math.max(known, shape[k]!));
    }
    return { indices, shape };
  });
  const all = [...sizes.keys()];
  const rest = all.filter((index) => /\d/.test(index));
  // without an output: those that occur once, in alphabetical order
  const once = all.filter((index) => !/\d/.test(index) && left.split(index).length === 2).sort();
  const output =
    right === undefined
      ? [...rest.sort().reverse(), ...once]
      : indicesOf(right, right.replace('...', '').length + (right.includes('...') ? rest.length : 0));
  if (output.some((index) => !sizes.has(index))) node.fail(`equation '${equation}'`);
  const shape = output.map((index) => sizes.get(index)!);
  node.output(shape);
  const order = [...output, ...all.filter((index) => !output.includes(index))];
  const stridesIn = (indices: readonly string[], own: readonly number[]) => {
    const strides = stridesOf(own);
    return order.map((index) =>
      indices.reduce((sum, each, k) => sum + (each === index && own[k] !== 1 ? strides[k]! : 0), 0),
    );
  };
  const strides = [stridesIn(output, shape), ...operands.map((one) => stridesIn(one.indices, one.shape))];
  const way = walk(
    order.map((index) => sizes.get(index)!),
    strides,
  );
  const each = rowsOf(way);
  const n = way.shape.at(-1)!;
  const [sy, sa, sb = 0, sc = 0] = way.strides.map((own) => own.at(-1)!) as [
    number,
    number,
    number?,
    number?,
  ];
  const count = values.length;
  node.step(({ x, y }) => {
    const [out, a, b, c] = [y[0]!, x[0]!, x[1]!, x[2]!];
    out.fill(0);
    each((oy, oa, ob, oc) => {
      for (let i = 0; i < n; i++) {
        let product = a[oa + i * sa]!;
        if (count > 1) product *= b[ob + i * sb]!;
        if (count > 2) product *= c[oc + i * sc]!;
        out[oy + i * sy]! += product;
      }
    });
  });
};

/** Products of several tensors. */
export const EINSUM: Operators = { Einsum: einsum };
