import { el } from '../ui/el.ts';

/** The quietest that is shown, in dB below full scale, and how fast a level falls, in dB per second. */
const QUIET = -60;
const FALLS = 40;
/** Between two that are read out or written, in ms. */
const TELL_MS = 250;

/** A level in dB below full scale, as a bar. */
export class Meter {
  readonly root: HTMLElement;
  readonly #fill = el('span', { class: 'fill' });
  readonly #bar: HTMLElement;
  readonly #words = el('span', { class: 'what' }, '–');
  #level = QUIET;
  #at = 0;
  #told = 0;

  constructor(label: string) {
    this.#bar = el(
      'span',
      {
        ...{ class: 'track', role: 'meter', 'aria-label': `Level ${label}` },
        ...{ 'aria-valuemin': QUIET, 'aria-valuemax': 0, 'aria-valuenow': QUIET },
      },
      this.#fill,
    );
    this.#fill.style.width = '0';
    this.root = el('div', { class: 'level' }, el('span', { class: 'who' }, label), this.#bar, this.#words);
  }

  /** `peak`: 0..1; it falls slowly. */
  show(peak: number, now = performance.now()): void {
    const level = Math.max(QUIET, 20 * Math.log10(peak || 1e-9));
    this.#level = Math.max(level, this.#level - (FALLS * Math.min(1000, now - this.#at)) / 1000, QUIET);
    this.#at = now;
    this.#fill.style.width = `${Math.min(100, 100 * (1 - this.#level / QUIET))}%`;
    if (now - this.#told < TELL_MS) return;
    this.#told = now;
    this.#words.textContent = this.#level > QUIET ? `${this.#level.toFixed(0)} dB` : 'silent';
    this.#bar.setAttribute('aria-valuenow', this.#level.toFixed(0));
  }

  silence(): void {
    this.#level = QUIET;
    this.#told = 0;
    this.show(0);
    this.#words.textContent = '–';
  }
}
