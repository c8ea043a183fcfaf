import { Changing } from '../ui/changing.ts';
import { el } from '../ui/el.ts';

export interface Bar {
  /** Share 0..1 of the whole width. */
  readonly share: number;
  /** What it says next to the bar. */
  readonly text: string;
}

/** A group: its name, its heading, and who has a bar in it. */
export interface Group {
  readonly name: string;
  readonly label: string;
  readonly bars: readonly string[];
}

/** Groups of bars by name, which fill as numbers come in. The first bar of each is the page's own. */
export class Bars {
  readonly root = el('div', { class: 'bars' });
  readonly #bars = new Map<string, (bar: Bar | undefined) => void>();

  /** `longest`: what a bar says at most. */
  constructor(groups: readonly Group[], longest: string) {
    for (const { name, label, bars } of groups) {
      const items = bars.map((who, i) => {
        const fill = el('span', { class: 'fill' });
        const words = new Changing('span', { class: 'what' }, [longest], NONE);
        this.#bars.set(`${name} ${who}`, (bar) => {
          fill.style.width = `${Math.min(100, 100 * (bar?.share ?? 0))}%`;
          words.text = bar?.text ?? NONE;
        });
        return el(
          'li',
          { 'data-label': who, class: i ? 'peer' : 'own' },
          el('span', { class: 'who' }, who),
          el('span', { class: 'track', 'aria-hidden': 'true' }, fill),
          words.root,
        );
      });
      this.root.append(el('section', {}, el('h3', {}, label), el('ul', {}, ...items)));
    }
    this.clear();
  }

  set(group: string, who: string, bar: Bar): void {
    this.#bars.get(`${group} ${who}`)!(bar);
  }

  clear(): void {
    for (const show of this.#bars.values()) show(undefined);
  }
}

const NONE = 'not measured yet';
