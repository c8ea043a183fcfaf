import { DTYPES } from '../formats/onnx/schema.ts';
import { isFloat } from '../formats/onnx/tensor.ts';
import type { Planned } from '../onnxSession/node.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';

/** Passes of a loop at most that is a layer; the plain operator refuses more. */
const MOST_PASSES = 2 ** 20;

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Neg: (a) => -a,
  Min: Math.min,
  Max: Math.max,
  Less: (a, b) => +(a < b),
  LessOrEqual: (a, b) => +(a <= b),
  Greater: (a, b) => +(a > b),
  GreaterOrEqual: (a, b) => +(a >= b),
  Equal: (a, b) => +(a === b),
  And: (a, b) => a & b,
  Or: (a, b) => a | b,
  Not: (a) => +!a,
};

/** What the passes of a loop count, from the nodes that were planned for one. */
export class Counters {
  readonly #made: ReadonlyMap<Value, Planned>;
  readonly #now: Map<Value, number>;

  /** @param start first values of counters */
  constructor(made: ReadonlyMap<Value, Planned>, start: ReadonlyMap<Value, number>) {
    this.#made = made;
    this.#now = new Map(start);
  }

  /** Computes a number in each pass; undefined if it depends on data. */
  number(value: Value, depth = 0): (() => number) | undefined {
    const root = rootOf(value);
    if (root.size !== 1 || depth > 32) return undefined;
    if (root.data) {
      const [known] = root.data;
      return () => known!;
    }
    if (this.#now.has(root)) return () => this.#now.get(root)!;
    const made = this.#made.get(root);
    if (!made || made.inputs.length > 2) return undefined;
    const [a, b] = made.inputs.map((input) => input && this.number(input, depth + 1));
    if (!a || (made.inputs.length > 1 && !b)) return undefined;
    const { op } = made.node;
    if (op === 'Cast') {
      const to = made.attributes.get('to')?.i ?? 0;
      return to === DTYPES.bool ? () => +(a() !== 0) : isFloat(to) ? a : () => Math.trunc(a());
    }
    const compute = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op]! : undefined;
    return compute && (() => compute(a(), b?.() ?? 0));
  }

  /**
   * Goes through the passes.
   * @param next what each counter becomes in a pass
   * @param go whether there is another pass, after one
   * @param see called in each pass
   * @returns their number, or undefined if there are too many
   */
  count(
    most: number,
    next: ReadonlyMap<Value, () => number>,
    go: () => number,
    see: () => void,
  ): number | undefined {
    const values = [...next];
    for (let pass = 1; pass <= MOST_PASSES; pass++) {
      see();
      const more = pass < most && go();
      const made = values.map(([, compute]) => compute());
      for (const [i, [counter]] of values.entries()) this.#now.set(counter, made[i]!);
      if (!more) return pass;
    }
    return undefined;
  }

  /** The value of a counter after the passes. */
  last(counter: Value): number {
    return this.#now.get(counter)!;
  }
}
