import { el } from './el.ts';

/**
 * An element in the room of the longest of some texts, at every width: what it shows lies over them and scrolls where it
 * is longer still, so that nothing around it moves.
 */
export function room<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, unknown>>,
  longest: readonly string[],
  ...shown: (Node | string)[]
): { readonly root: HTMLElementTagNameMap[K]; readonly text: HTMLElement } {
  const text = el('span', { class: 'text' }, ...shown);
  const twins = longest.map((words) =>
    el('span', { class: 'twin', 'data-text': words, 'aria-hidden': 'true' }),
  );
  const root = el(tag, { ...attributes, class: `room ${attributes.class ?? ''}`.trim() }, text, ...twins);
  return { root, text };
}

/** Text that changes while something runs. `longest`: what it becomes at most, or a text for each kind that it becomes. */
export class Changing<K extends keyof HTMLElementTagNameMap> {
  readonly root: HTMLElementTagNameMap[K];
  readonly #text: HTMLElement;
  readonly #most: number;

  constructor(
    tag: K,
    attributes: Readonly<Record<string, unknown>>,
    longest: readonly string[],
    first: string,
  ) {
    ({ root: this.root, text: this.#text } = room(tag, attributes, [...longest, first], first));
    this.#most = Math.max(...longest.map(({ length }) => length));
  }

  /** Writes only what is new: a status is read out when it changes. */
  set text(words: string) {
    if (this.#text.textContent === words) return;
    this.#text.textContent = words;
    // what may scroll is reached by keyboard
    if (words.length > this.#most && this.root instanceof HTMLParagraphElement) this.#text.tabIndex = 0;
    else this.#text.removeAttribute('tabindex');
  }
}

/** What it is at, and what went wrong. `says`: what it says at most. */
export class Status extends Changing<'p'> {
  constructor(says: readonly string[], first: string) {
    super('p', { class: 'phase', role: 'status' }, [...says, FAILURE], first);
  }

  /** `phase`: `training` or `failed`, which have colours of their own. */
  say(words: string, phase = ''): void {
    this.text = words;
    this.root.dataset.phase = phase;
  }

  fail(why: string): void {
    this.say(`Failed: ${why}`, 'failed');
  }
}

/** As long as most errors are. */
const FAILURE = 'Failed: the worker can’t be loaded, and the page has to be loaded anew';
