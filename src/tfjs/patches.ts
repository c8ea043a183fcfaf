type Method = (this: unknown, ...args: never[]) => unknown;

/** Methods that were replaced, and how to undo that. */
export class Patches {
  #active = true;
  readonly #undo: (() => void)[] = [];

  /**
   * Replaces a method. `make` gets the original one. After `undo`, the replacement calls the original even where
   * somebody else has wrapped it.
   */
  replace(target: object, name: string, make: (original: Method) => Method): void {
    const methods = target as Record<string, unknown>;
    const original = methods[name] as Method;
    const ours = make(original);
    const isActive = () => this.#active;
    const isOwn = Object.hasOwn(target, name);
    const replacement = function (this: unknown, ...args: never[]) {
      return (isActive() ? ours : original).apply(this, args);
    };
    methods[name] = replacement;
    this.#undo.push(() => {
      if (methods[name] !== replacement) return;
      if (isOwn) methods[name] = original;
      else delete methods[name];
    });
  }

  /** Puts the originals back, unless somebody else has replaced them since. */
  undo(): void {
    this.#active = false;
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
