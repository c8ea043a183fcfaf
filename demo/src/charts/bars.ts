import { el } from '../ui/el.ts';

export interface Bar {
  readonly label: string;
  /** Share 0..1 of the whole width. */
  readonly share: number;
  /** What it says beside the bar. */
  readonly text: string;
  /** Which of the page's series: `own` or `peer`. */
  readonly kind: string;
}

/** Groups of bars by name, which fill as numbers come in. */
export class Bars {
  readonly root = el('div', { class: 'bars' });
  readonly #groups = new Map<string, HTMLElement>();

  constructor(groups: readonly (readonly [name: string, label: string])[]) {
    for (const [name, label] of groups) {
      const list = el('ul');
      this.#groups.set(name, list);
      this.root.append(el('section', {}, el('h3', {}, label), list));
    }
  }

  /** Adds a bar, or shows another number in its place. */
  set(group: string, { label, share, text, kind }: Bar): void {
    const fill = el('span', { class: 'fill' });
    fill.style.width = `${Math.min(100, 100 * share)}%`;
    const item = el(
      'li',
      { 'data-label': label, class: kind },
      el('span', { class: 'who' }, label),
      el('span', { class: 'track', 'aria-hidden': 'true' }, fill),
      el('span', { class: 'what' }, text),
    );
    const list = this.#groups.get(group)!;
    const old = [...list.children].find((child) => (child as HTMLElement).dataset.label === label);
    if (old) old.replaceWith(item);
    else list.append(item);
  }

  clear(): void {
    for (const list of this.#groups.values()) list.replaceChildren();
  }
}
