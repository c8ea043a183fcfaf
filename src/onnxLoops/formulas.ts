import type { OnnxAttribute } from '../formats/onnx/graph.ts';
import type { Planned } from '../onnxSession/node.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';
import {
  activation,
  clipped,
  constant,
  type Expression,
  MOST,
  negative,
  numberOf,
  OTHER,
  one,
  product,
  sum,
  termsOf,
} from './expression.ts';

/** Activations by operator: name, and the attributes that α and β are. */
const FUNCTIONS: Readonly<Record<string, readonly [name: string, alpha?: string, beta?: string]>> = {
  Sigmoid: ['sigmoid'],
  Tanh: ['tanh'],
  Relu: ['relu'],
  Softsign: ['softsign'],
  Softplus: ['softplus'],
  Mish: ['mish'],
  Exp: ['exponential'],
  Elu: ['elu', 'alpha'],
  LeakyRelu: ['leakyrelu', 'alpha'],
  HardSigmoid: ['hardsigmoid', 'alpha', 'beta'],
  Selu: ['selu', 'alpha', 'gamma'],
  ThresholdedRelu: ['thresholdedrelu', 'alpha'],
};

/** Reads what a pass computes, from the nodes that were planned for it. */
export class Formulas {
  readonly #made: ReadonlyMap<Value, Planned>;
  readonly #leaves: ReadonlyMap<Value, Expression>;
  readonly #known = new Map<Value, Map<string, Expression>>();
  readonly #rows: number;
  #depth = 0;

  /**
   * @param made the node that computes each value
   * @param leaves states before and after the pass, and steps of sequences
   * @param rows rows N of all values: [N, columns]
   */
  constructor(made: ReadonlyMap<Value, Planned>, leaves: ReadonlyMap<Value, Expression>, rows: number) {
    this.#made = made;
    this.#leaves = leaves;
    this.#rows = rows;
  }

  /** `columns` columns of a value from `at`. */
  of(value: Value, at: number, columns: number): Expression {
    const leaf = this.#leaves.get(rootOf(value));
    if (!leaf) return this.computed(value, at, columns);
    return at === 0 && this.#width(value) === columns ? leaf : OTHER;
  }

  /** As `of`, of a value that is a state after the pass. */
  computed(value: Value, at: number, columns: number): Expression {
    const root = rootOf(value);
    let own = this.#known.get(root);
    if (!own) this.#known.set(root, (own = new Map()));
    const key = `${at} ${columns}`;
    let made = own.get(key);
    if (!made) {
      made = ++this.#depth > MOST ? OTHER : this.#make(value, at, columns);
      this.#depth--;
      own.set(key, made);
    }
    return made;
  }

  #width({ shape, size }: Value): number {
    const columns = shape.at(-1) ?? 1;
    return size === this.#rows * columns ? columns : 0;
  }

  #make(value: Value, at: number, columns: number): Expression {
    const root = rootOf(value);
    const width = this.#width(value);
    if (root.data) return constant(value, root.data, at, columns);
    const made = this.#made.get(root);
    if (!made || !width) return OTHER;
    const { node, inputs, outputs, attributes } = made;
    const own = outputs.find((output) => rootOf(output) === root)!;
    if (this.#width(own) !== width) return OTHER;
    const [a, b, c] = inputs;
    const read = (v: Value | undefined) => (v ? this.#operand(v, at, columns, width) : OTHER);
    switch (node.op) {
      case 'Add':
        return sum([...termsOf(read(a)), ...termsOf(read(b))]);
      case 'Sum':
        return sum(inputs.flatMap((v) => termsOf(read(v))));
      case 'Sub':
        return sum([...termsOf(read(a)), ...termsOf(read(b)).map(negative)]);
      case 'Neg':
        return sum(termsOf(read(a)).map(negative));
      case 'Mul':
        return product([read(a), read(b)]);
      case 'Div': {
        const by = numberOf(read(b));
        return by ? product([read(a), one(1 / by)]) : OTHER;
      }
      case 'Min':
      case 'Max':
      case 'Clip':
        return this.#clipped(made, read);
      case 'Gelu':
        return activation(read(a), attributes.get('approximate')?.s === 'tanh' ? 'gelutanh' : 'gelu');
      case 'Swish':
        return (attributes.get('alpha')?.f ?? 1) === 1 ? activation(read(a), 'silu') : OTHER;
      case 'Split':
      case 'Slice':
      case 'Concat':
        return this.#part(made, own, at, columns);
      case 'MatMul':
        return this.#linear(a!, b!, at, false, 1);
      case 'Gemm': {
        const f = (name: string) => attributes.get(name)?.f ?? 1;
        if (attributes.get('transA')?.i || (c && f('beta') !== 1)) return OTHER;
        const own = this.#linear(a!, b!, at, attributes.get('transB')?.i === 1, f('alpha'));
        return c ? sum([...termsOf(own), ...termsOf(read(c))]) : own;
      }
      default: {
        const found = Object.hasOwn(FUNCTIONS, node.op) ? FUNCTIONS[node.op]! : undefined;
        return found ? activation(read(a), ...numbers(found, attributes)) : OTHER;
      }
    }
  }

  /** An operand of what works on elements: broadcast, if it is a constant. */
  #operand(value: Value, at: number, columns: number, width: number): Expression {
    const { data } = rootOf(value);
    if (data && data.length === 1) return { kind: 'constant', data, at: 0 };
    return this.#width(value) === width || (data && value.shape.at(-1) === width)
      ? this.of(value, at, columns)
      : OTHER;
  }

  /** Columns that are moved only. */
  #part({ node, inputs, outputs, attributes }: Planned, own: Value, at: number, columns: number): Expression {
    const all = node.op === 'Concat' ? own : inputs[0]!;
    const last = all.shape.length - 1;
    // along other axes nothing may change
    const still = (v: Value) => v.shape.length === last + 1 && this.#width(v) > 0;
    if (node.op === 'Concat') {
      const axis = attributes.get('axis')?.i ?? 0;
      if (axis !== last && axis !== -1) return OTHER;
      let from = at;
      for (const input of inputs) {
        const width = this.#width(input!);
        if (from < width)
          return from + columns <= width && still(input!) ? this.of(input!, from, columns) : OTHER;
        from -= width;
      }
      return OTHER;
    }
    if (![all, own].every(still)) return OTHER;
    if (node.op === 'Slice') {
      const list = (name: string, i: number) =>
        attributes.get(name)?.ints ?? (inputs[i] && Array.from(rootOf(inputs[i]!).data ?? []));
      const starts = list('starts', 1) ?? [];
      const axes = list('axes', 3) ?? starts.map((_, i) => i);
      if (list('steps', 4)?.some((step) => step !== 1)) return OTHER;
      const width = this.#width(all);
      const k = axes.findIndex((axis) => axis === last || axis === -1);
      const start = k < 0 ? 0 : starts[k]!;
      return this.of(all, at + Math.max(0, Math.min(width, start < 0 ? start + width : start)), columns);
    }
    let from = at;
    for (const output of outputs) {
      if (output === own) return this.of(all, from, columns);
      from += this.#width(output);
    }
    return OTHER;
  }

  /** A product with a constant matrix; of a Concat one with each part. */
  #linear(a: Value, b: Value, at: number, transposed: boolean, scale: number): Expression {
    const { data } = rootOf(b);
    const rows = this.#width(a);
    if (!data || b.shape.length !== 2 || !rows) return OTHER;
    const [row, column] = transposed ? [1, rows] : [b.shape[1]!, 1];
    const parts = this.#parts(a);
    let from = 0;
    return sum(
      parts.map((part) => {
        const own = this.#width(part);
        const matrix = { data, rows: own, at: from * row + at * column, row, column, scale };
        from += own;
        return { sign: 1, of: { kind: 'linear', of: this.of(part, 0, own), matrix } };
      }),
    );
  }

  /** The parts of a Concat of columns. */
  #parts(value: Value): readonly Value[] {
    const root = rootOf(value);
    const made = this.#made.get(root);
    if (made?.node.op !== 'Concat' || this.#leaves.has(root)) return [value];
    const parts = made.inputs as readonly Value[];
    const width = parts.reduce((total, part) => total + this.#width(part), 0);
    const axis = made.attributes.get('axis')?.i ?? 0;
    const last = made.outputs[0]!.shape.length - 1;
    return width === this.#width(value) &&
      (axis === last || axis === -1) &&
      parts.every((p) => this.#width(p))
      ? parts
      : [value];
  }

  /** Bounds make a relu6 or hard sigmoid of what they hold. */
  #clipped({ node, inputs, attributes }: Planned, read: (v: Value | undefined) => Expression): Expression {
    const bound = (name: string, i: number, absent: number) =>
      attributes.get(name)?.f ?? (inputs[i] ? (numberOf(read(inputs[i])) ?? Number.NaN) : absent);
    if (node.op === 'Clip')
      return clipped(
        read(inputs[0]),
        bound('min', 1, Number.NEGATIVE_INFINITY),
        bound('max', 2, Number.POSITIVE_INFINITY),
      );
    if (inputs.length !== 2) return OTHER;
    const [a, b] = inputs.map(read) as [Expression, Expression];
    const [of, by] = numberOf(a) === undefined ? [a, numberOf(b)] : [b, numberOf(a)];
    if (by === undefined) return OTHER;
    return node.op === 'Max'
      ? clipped(of, by, Number.POSITIVE_INFINITY)
      : clipped(of, Number.NEGATIVE_INFINITY, by);
  }
}

function numbers(
  [name, alpha, beta]: readonly [string, string?, string?],
  attributes: ReadonlyMap<string, OnnxAttribute>,
): [string, number | undefined, number | undefined] {
  const read = (attribute: string | undefined) => (attribute ? attributes.get(attribute)?.f : undefined);
  return [name, read(alpha), read(beta)];
}
