import { type Note, nameOf } from '../../data/notes.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Of a quarter and of a semitone. */
const WIDTH = 20;
const HEIGHT = 11;
/** Pitches that are always there. */
const LOWEST = 57;
const HIGHEST = 74;

/** Notes as bars, time to the right and pitch upwards, in the colours of confidence. */
export class Roll {
  readonly root = document.createElement('div');
  #bars: (SVGElement | undefined)[] = [];
  #playing: SVGElement | undefined;

  constructor() {
    this.root.className = 'roll';
    this.root.tabIndex = 0;
    this.root.setAttribute('role', 'img');
    this.root.setAttribute('aria-label', 'No melody yet');
  }

  /** `confidence`: 0..1 a note. */
  show(notes: readonly Note[], confidence: Float32Array): void {
    const pitches = notes.map(({ pitch }) => pitch).filter(Boolean);
    const low = Math.min(LOWEST, ...pitches);
    const high = Math.max(HIGHEST, ...pitches);
    const all = notes.reduce((sum, { length }) => sum + length, 0);
    const svg = made('svg', { width: Math.max(1, all * WIDTH), height: (high - low + 1) * HEIGHT });
    let at = 0;
    this.#bars = notes.map(({ pitch, length }, i) => {
      const x = at * WIDTH;
      at += length;
      if (!pitch) return undefined;
      const bar = made('rect', {
        ...{ x: x + 0.5, y: (high - pitch) * HEIGHT, rx: 2 },
        ...{ width: length * WIDTH - 1, height: HEIGHT },
        class: `note sure-${Math.min(3, Math.floor(confidence[i]! * 4))}`,
      });
      svg.append(bar);
      return bar;
    });
    this.#playing = undefined;
    const scroll = this.root.scrollLeft;
    this.root.replaceChildren(svg);
    this.root.scrollLeft = scroll;
    this.root.setAttribute('aria-label', `Melody: ${notes.map(({ pitch }) => nameOf(pitch)).join(' ')}`);
  }

  /** Marks the note that sounds; none with −1. */
  mark(index: number): void {
    this.#playing?.classList.remove('sounds');
    this.#playing = this.#bars[index];
    this.#playing?.classList.add('sounds');
    const x = Number(this.#playing?.getAttribute('x') ?? 0);
    const { clientWidth, scrollLeft } = this.root;
    if (index >= 0 && (x < scrollLeft || x > scrollLeft + clientWidth - 60)) this.root.scrollLeft = x - 20;
  }
}

function made(name: string, attributes: Readonly<Record<string, unknown>>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
