import type { Field } from './fields.ts';

type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

/** Settings as fields, by name. */
export class Form<T extends object> {
  readonly fields: Fields<T>;

  constructor(fields: Fields<T>) {
    this.fields = fields;
  }

  get value(): T {
    return Object.fromEntries(this.#all.map(([name, field]) => [name, field.value])) as T;
  }

  set value(settings: T) {
    for (const [name, field] of this.#all) field.value = settings[name];
  }

  /** Settles once no field is reading what was pasted. */
  async settled(): Promise<void> {
    for (const [, field] of this.#all) await field.settled;
  }

  /** Whether settings that were kept are some of this form. */
  accepts(settings: unknown): settings is T {
    if (typeof settings !== 'object' || settings === null) return false;
    return this.#all.every(([name, field]) => field.accepts((settings as T)[name]));
  }

  get #all(): [keyof T, Field<T[keyof T]>][] {
    return Object.entries(this.fields) as [keyof T, Field<T[keyof T]>][];
  }
}
