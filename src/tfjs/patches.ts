type Method = (this: unknown, ...args: never[]) => unknown;

interface Patch {
  readonly target: Record<string, unknown>;
  readonly name: string;
  readonly original: unknown;
  readonly own: boolean;
  readonly replacement: unknown;
}

/** Methods that were replaced, and how to undo that. */
export class Patches {
  #active = true;
  readonly #patches: Patch[] = [];

  /**
   * Replaces a method. `make` gets the original one. After `undo`, the replacement calls the original even where
   * somebody else has wrapped it.
   */
  replace(target: object, name: string, make: (original: Method) => Method): void {
    const methods = target as Record<string, unknown>;
    const original = methods[name] as Method;
    const ours = make(original);
    const isActive = () => this.#active;
    const replacement = function (this: unknown, ...args: never[]) {
      return (isActive() ? ours : original).apply(this, args);
    };
    this.#patches.push({
      target: methods,
      name,
      original,
      own: Object.hasOwn(target, name),
      replacement,
    });
    methods[name] = replacement;
  }

  /** Puts the originals back, unless somebody else has replaced them since. */
  undo(): void {
    this.#active = false;
    for (const { target, name, original, own, replacement } of this.#patches.reverse()) {
      if (target[name] !== replacement) continue;
      if (own) target[name] = original;
      else delete target[name];
    }
    this.#patches.length = 0;
  }
}
