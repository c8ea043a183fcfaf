type Method = (this: unknown, ...args: never[]) => unknown;

/** Methods that were replaced, and how to undo that. */
export class Patches {
  readonly #undo: (() => void)[] = [];

  /**
   * Replaces a method. `make` gets the original one. After `undo`, the replacement calls the original even where
   * somebody else has wrapped it.
   */
  replace(target: object, name: string, make: (original: Method) => Method): void {
    const methods = target as Record<string, unknown>;
    const original = methods[name] as Method;
    let current = make(original);
    const isOwn = Object.hasOwn(target, name);
    const replacement = function (this: unknown, ...args: never[]) {
      return current.apply(this, args);
    };
    methods[name] = replacement;
    this.#undo.push(() => {
      current = original;
      if (methods[name] !== replacement) return;
      if (isOwn) methods[name] = original;
      else delete methods[name];
    });
  }

  /** Puts the originals back, unless somebody else has replaced them since. */
  undo(): void {
    for (const undo of this.#undo.reverse()) undo();
  }
}
