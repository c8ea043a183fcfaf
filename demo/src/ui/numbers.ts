import { Changing } from './changing.ts';
import { el } from './el.ts';

/** Numbers under their names. Each has the room of the longest that it becomes. */
export class Numbers<K extends string> {
  readonly root: HTMLElement;
  readonly #values = new Map<K, Changing<'dd'>>();

  constructor(all: Readonly<Record<K, readonly [name: string, longest: string]>>) {
    const pairs = (Object.keys(all) as K[]).map((key) => {
      const [name, longest] = all[key];
      const value = new Changing('dd', {}, [longest], '–');
      this.#values.set(key, value);
      return el('div', {}, el('dt', {}, name), value.root);
    });
    this.root = el('dl', { class: 'numbers' }, ...pairs);
  }

  /** What is not known is a dash. */
  set(values: Readonly<Record<K, string | undefined>>): void {
    for (const [key, value] of this.#values) value.text = values[key] ?? '–';
  }
}
