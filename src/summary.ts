/** `console.log` and `util.inspect` of Node call the method of this name. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** What `console.log` and `JSON.stringify` show as a summary: memory, kernels and circles stay out. */
export abstract class Summarized {
  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  abstract toJSON(): object;

  /** @internal */
  [INSPECT](): object {
    return this.toJSON();
  }
}

/** A layer's summary: what a saved model says about it. */
export abstract class SummarizedLayer extends Summarized {
  abstract readonly type: string;
  abstract config(): Record<string, unknown>;

  toJSON(): object {
    return { type: this.type, ...this.config() };
  }
}
