/** Method called by Node's `console.log` and `util.inspect`. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/**
 * Base class of objects that `console.log` and `JSON.stringify` show as a summary, without memory, kernels and
 * cycles.
 */
export abstract class Summarized {
  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  abstract toJSON(): object;

  /** @internal */
  [INSPECT](): object {
    return this.toJSON();
  }
}

/** A layer's summary: its type and options, as in a saved model. */
export abstract class SummarizedLayer extends Summarized {
  abstract readonly type: string;
  abstract config(): Record<string, unknown>;

  toJSON(): object {
    return { type: this.type, ...this.config() };
  }
}
