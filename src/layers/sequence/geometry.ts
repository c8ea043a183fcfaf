import { integer } from '../../check.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';

/** Steps that kernels count with in 32 bits: of a window, from window to window, of padding. */
export const MAX_STEPS = 2 ** 29;

/** How windows lie over the steps of a row. */
export interface Windowing {
  /** Steps that a window sees. */
  readonly size: number;
  /** Steps from window to window. */
  readonly stride: number;
  /** Steps from one that a window sees to the next. */
  readonly dilation: number;
  /** Number of windows over a row with the given steps; never decreases. */
  steps(steps: number): number;
  /** Steps of padding before a row with the given steps. */
  left(steps: number): number;
}

/**
 * Padding of a row, as if the sequence ended where the row does:
 * - `'valid'`: none, as 0; a row of n steps has ⌊(n − span) / stride⌋ windows, span = (size − 1) · dilation.
 * - `'same'`: ⌈n / stride⌉ windows as in Keras and TensorFlow. Padding is (windows − 1) · stride + span + 1 − n, at least
 *   0; half of it, rounded down, comes before the row. With stride 1 that is torch's `'same'`, too.
 * - `'causal'`: span steps before the row, ⌈n / stride⌉ windows; a window sees no later step than its last one.
 * - a number: the steps of padding on each side, as in torch.
 */
export type Padding = 'same' | 'valid' | 'causal' | number;

export interface WindowOptions {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
}

/** Windows of a size, stride, dilation and padding. */
export class Geometry implements Windowing {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
  /** Steps from the first to the last one that a window sees. */
  readonly span: number;

  /** @throws {ArgumentError} if a window spans too many steps */
  constructor({ size, stride, dilation, padding }: WindowOptions) {
    this.size = size;
    this.stride = stride;
    this.dilation = dilation;
    this.padding = padding;
    this.span = (size - 1) * dilation;
    if (this.span > MAX_STEPS) {
      const what = new Verbatim(`${size} elements ${dilation} steps apart`);
      throw new ArgumentError('dilation', `a window of at most ${MAX_STEPS} steps`, what);
    }
  }

  steps(steps: number): number {
    if (steps <= 0) return 0;
    const { padding, span, stride } = this;
    if (padding === 'same' || padding === 'causal') return Math.ceil(steps / stride);
    return Math.max(Math.floor((steps + 2 * this.#sides - span - 1) / stride) + 1, 0);
  }

  left(steps: number): number {
    const { padding, span, stride } = this;
    if (padding === 'causal') return span;
    if (padding !== 'same') return this.#sides;
    return Math.floor(Math.max((this.steps(steps) - 1) * stride + span + 1 - steps, 0) / 2);
  }

  /** Fewest steps that a window fits in. */
  get least(): number {
    return typeof this.padding === 'number' || this.padding === 'valid'
      ? Math.max(this.span + 1 - 2 * this.#sides, 1)
      : 1;
  }

  /** Whether there is a window for each step, which sees that one and earlier ones only. */
  get isCausal(): boolean {
    const { padding, span, stride } = this;
    return stride === 1 && (padding === 'causal' || (span === 0 && this.#sides === 0));
  }

  /** Names the map from steps to windows; undefined where it is the identity. */
  get key(): string | undefined {
    const { padding, span, stride } = this;
    if (padding === 'same' || padding === 'causal') return stride === 1 ? undefined : `ceil(n / ${stride})`;
    const added = 2 * this.#sides - span;
    return stride === 1 && added === 0 ? undefined : `floor((n + ${added - 1}) / ${stride}) + 1`;
  }

  /** Steps of padding on both sides, if that is a number. */
  get #sides(): number {
    return typeof this.padding === 'number' ? this.padding : 0;
  }
}

/** @throws {ArgumentError} unless it is one of the names, or an integer of at most `most` */
export function paddingOf(padding: unknown, names: readonly Padding[], most = MAX_STEPS): Padding {
  if (names.includes(padding as Padding)) return padding as Padding;
  if (typeof padding === 'number') return integer('padding', padding, 0, most);
  throw new ArgumentError('padding', `a number of steps or one of ${names.join(', ')}`, padding);
}
