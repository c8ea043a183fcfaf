import { type Activation, activationOf } from '../../src/activations.ts';
import { activations } from './activations.ts';
import { project, projectBack, weightGradient } from './layer.ts';

/** A matrix [rows, cols] and the gradient of a scalar by it. */
export interface Node {
  readonly rows: number;
  readonly cols: number;
  readonly value: Float64Array;
  readonly grad: Float64Array;
}

/** Reverse-mode differentiation: operations are recorded as they run, `backward` walks them from the last. */
export class Tape {
  readonly #nodes: Node[] = [];
  readonly #backs: (() => void)[] = [];

  /** `value` [rows, cols] is kept, not copied. */
  leaf(value: Float64Array, rows: number, cols: number): Node {
    if (value.length !== rows * cols) throw new Error(`${value.length} values are not [${rows}, ${cols}]`);
    const node = { rows, cols, value, grad: new Float64Array(value.length) };
    this.#nodes.push(node);
    return node;
  }

  #record(rows: number, cols: number, value: Float64Array, back: (out: Node) => void): Node {
    const out = this.leaf(value, rows, cols);
    this.#backs.push(() => back(out));
    return out;
  }

  /** Sets every node's gradient of Σ seed·node; a node may be seeded more than once. */
  backward(seeds: readonly (readonly [Node, Float64Array])[]): void {
    for (const node of this.#nodes) node.grad.fill(0);
    for (const [node, seed] of seeds) accumulate(node, (i) => seed[i]!);
    for (let i = this.#backs.length - 1; i >= 0; i--) this.#backs[i]!();
  }

  /** x [n, k] · w [m, k]ᵀ. */
  matmul(x: Node, w: Node): Node {
    same(x.cols, w.cols);
    return this.#record(x.rows, w.rows, project(x.value, w.value, x.cols), (out) => {
      const dX = projectBack(out.grad, w.value, x.cols);
      const dW = weightGradient(out.grad, x.value, w.rows, x.cols);
      accumulate(x, (i) => dX[i]!);
      accumulate(w, (i) => dW[i]!);
    });
  }

  /** f of elements of a and b; b has a's shape or is one row for all. df: by a and by b. */
  #pairwise(
    a: Node,
    b: Node,
    f: (x: number, y: number) => number,
    df: (x: number, y: number) => readonly [number, number],
  ): Node {
    same(a.cols, b.cols);
    if (b.rows !== 1) same(a.rows, b.rows);
    const n = b.value.length;
    const value = new Float64Array(a.value.length);
    for (let i = 0; i < value.length; i++) value[i] = f(a.value[i]!, b.value[i % n]!);
    return this.#record(a.rows, a.cols, value, ({ grad }) => {
      for (let i = 0; i < grad.length; i++) {
        const [byA, byB] = df(a.value[i]!, b.value[i % n]!);
        a.grad[i]! += grad[i]! * byA;
        b.grad[i % n]! += grad[i]! * byB;
      }
    });
  }

  /** a + b; b has a's shape or is one row. */
  add(a: Node, b: Node): Node {
    return this.#pairwise(
      a,
      b,
      (x, y) => x + y,
      () => [1, 1],
    );
  }

  /** a⊙b; b has a's shape or is one row. */
  mul(a: Node, b: Node): Node {
    return this.#pairwise(
      a,
      b,
      (x, y) => x * y,
      (x, y) => [y, x],
    );
  }

  activate(a: Node, activation: Activation): Node {
    const { alpha, beta } = activationOf('activation', activation);
    const { of, slope } = activations[typeof activation === 'string' ? activation : activation.name]!;
    return this.#record(
      a.rows,
      a.cols,
      a.value.map((x) => of(x, alpha, beta)),
      ({ grad }) => accumulate(a, (i) => grad[i]! * slope(a.value[i]!, alpha, beta)),
    );
  }

  /** 1 − a. */
  complement(a: Node): Node {
    return this.activate(a, { name: 'affine', alpha: -1, beta: 1 });
  }

  /** To [−bound, bound]; the gradient passes where |a| ≤ bound. */
  clamp(a: Node, bound: number): Node {
    const value = a.value.map((x) => Math.min(Math.max(x, -bound), bound));
    return this.#record(a.rows, a.cols, value, (out) =>
      accumulate(a, (i) => (Math.abs(a.value[i]!) <= bound ? out.grad[i]! : 0)),
    );
  }

  /** Element i of the result is element from[i] of a; −1 is 0. */
  #gather(a: Node, rows: number, cols: number, from: Int32Array): Node {
    const value = new Float64Array(from.length);
    for (let i = 0; i < value.length; i++) if (from[i]! >= 0) value[i] = a.value[from[i]!]!;
    return this.#record(rows, cols, value, ({ grad }) => {
      for (let i = 0; i < grad.length; i++) if (from[i]! >= 0) a.grad[from[i]!]! += grad[i]!;
    });
  }

  /** The columns `from` … `from` + `count` − 1. */
  columns(a: Node, from: number, count: number): Node {
    const index = indices(a.rows, count, (r, c) => r * a.cols + from + c);
    return this.#gather(a, a.rows, count, index);
  }

  /** a [rows, parts·n] → parts × [rows, n]. */
  chunk(a: Node, parts: number): Node[] {
    const n = a.cols / parts;
    return Array.from({ length: parts }, (_, p) => this.columns(a, p * n, n));
  }

  /** The rows that `list` names, in its order. */
  rows(a: Node, list: readonly number[]): Node {
    const index = indices(list.length, a.cols, (r, c) => list[r]! * a.cols + c);
    return this.#gather(a, list.length, a.cols, index);
  }

  /** [a, b], side by side. */
  concat(a: Node, b: Node): Node {
    same(a.rows, b.rows);
    const cols = a.cols + b.cols;
    const left = this.#gather(
      a,
      a.rows,
      cols,
      indices(a.rows, cols, (r, c) => (c < a.cols ? r * a.cols + c : -1)),
    );
    const right = this.#gather(
      b,
      b.rows,
      cols,
      indices(b.rows, cols, (r, c) => (c < a.cols ? -1 : r * b.cols + c - a.cols)),
    );
    return this.add(left, right);
  }

  /** `base` with the rows that `list` names replaced by those of a. */
  replaceRows(base: Node, list: readonly number[], a: Node): Node {
    same(base.cols, a.cols);
    const kept = indices(base.rows, a.cols, (r, c) => (list.includes(r) ? -1 : r * a.cols + c));
    const placed = indices(base.rows, a.cols, (r, c) =>
      list.includes(r) ? list.indexOf(r) * a.cols + c : -1,
    );
    return this.add(this.#gather(base, base.rows, a.cols, kept), this.#gather(a, base.rows, a.cols, placed));
  }

  /** w [G·H, n], the blocks of a block-diagonal matrix of `heads` heads a gate → [G·H, heads·n] with its zeros. */
  blockDiagonal(w: Node, hiddenSize: number, heads: number): Node {
    const n = w.cols;
    const head = (r: number) => Math.floor((r % hiddenSize) / (hiddenSize / heads));
    const index = indices(w.rows, n * heads, (r, c) =>
      Math.floor(c / n) === head(r) ? r * n + (c % n) : -1,
    );
    return this.#gather(w, w.rows, n * heads, index);
  }

  /** Over each row: (a − mean)/√(variance + 1e-5)·weight + bias, variance divided by cols. */
  layerNorm(a: Node, weight: Node, bias: Node): Node {
    const n = a.cols;
    const normal = new Float64Array(a.value.length);
    const scale = new Float64Array(a.rows);
    for (let r = 0; r < a.rows; r++) {
      const row = a.value.subarray(r * n, r * n + n);
      const mean = row.reduce((sum, x) => sum + x, 0) / n;
      const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
      scale[r] = 1 / Math.sqrt(variance + 1e-5);
      for (let j = 0; j < n; j++) normal[r * n + j] = (row[j]! - mean) * scale[r]!;
    }
    const normalized = this.#record(a.rows, n, normal, ({ grad }) => {
      for (let r = 0; r < a.rows; r++) {
        let mean = 0;
        let along = 0;
        for (let i = r * n; i < r * n + n; i++) {
          mean += grad[i]! / n;
          along += (grad[i]! * normal[i]!) / n;
        }
        for (let i = r * n; i < r * n + n; i++) {
          a.grad[i]! += scale[r]! * (grad[i]! - mean - normal[i]! * along);
        }
      }
    });
    return this.add(this.mul(normalized, weight), bias);
  }

  /** a itself; its gradient's rows of a 2-norm over `bound` are scaled to it. */
  clipGradient(a: Node, bound: number): Node {
    return this.#record(a.rows, a.cols, a.value.slice(), ({ grad }) => {
      for (let r = 0; r < a.rows; r++) {
        const from = r * a.cols;
        const norm = Math.hypot(...grad.subarray(from, from + a.cols));
        const factor = norm > bound ? bound / norm : 1;
        for (let i = from; i < from + a.cols; i++) a.grad[i]! += grad[i]! * factor;
      }
    });
  }
}

function same(a: number, b: number): void {
  if (a !== b) throw new Error(`sizes ${a} and ${b} differ`);
}

function accumulate(node: Node, term: (i: number) => number): void {
  for (let i = 0; i < node.grad.length; i++) node.grad[i]! += term(i);
}

function indices(rows: number, cols: number, at: (row: number, col: number) => number): Int32Array {
  const list = new Int32Array(rows * cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) list[r * cols + c] = at(r, c);
  return list;
}
