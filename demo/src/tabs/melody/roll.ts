import { type Note, nameOf } from '../../data/notes.ts';
import { svg } from '../../ui/svg.ts';

/** Height of a pitch, space between two lines, width of the names. */
const ROW = 11;
const GAP = 14;
const NAMES = 30;
/** Quarters of a bar, and of a line where there is room and where there is not. */
const BAR = 4;
const WIDE = { from: 600, quarters: 32, narrow: 16 };

/** Notes as bars on named rows, time to the right, in the colours of confidence. As many lines as `quarters` need. */
export class Roll {
  readonly root = document.createElement('div');
  readonly #rows: readonly number[];
  readonly #quarters: number;
  #notes: readonly Note[] = [];
  #confidence: ArrayLike<number> = [];
  #bars: SVGElement[] = [];
  #marked = -1;

  /** `pitches`: those that a note can have. */
  constructor(pitches: readonly number[], quarters: number) {
    this.#rows = [...pitches].sort((a, b) => b - a);
    this.#quarters = quarters;
    this.root.className = 'roll';
    this.root.setAttribute('role', 'img');
    new ResizeObserver(() => this.#draw()).observe(this.root);
  }

  /** `confidence`: 0..1 per note. */
  show(notes: readonly Note[], confidence: ArrayLike<number>, title: string): void {
    this.#notes = notes;
    this.#confidence = confidence;
    this.#marked = -1;
    this.root.setAttribute('aria-label', `${title}: ${notes.map(({ pitch }) => nameOf(pitch)).join(' ')}`);
    this.#draw();
  }

  /** Marks the note that sounds; none with −1. */
  mark(index: number): void {
    this.#bars[this.#marked]?.classList.remove('sounds');
    this.#marked = index;
    this.#bars[index]?.classList.add('sounds');
  }

  #draw(): void {
    const width = this.root.clientWidth;
    if (!width) return;
    const across = width < WIDE.from ? WIDE.narrow : WIDE.quarters;
    const lines = Math.ceil(this.#quarters / across);
    const unit = (width - NAMES) / across;
    const high = this.#rows.length * ROW;
    const height = lines * (high + GAP) - GAP;
    const picture = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
    for (let line = 0; line < lines; line++) picture.append(...this.#paper(line * (high + GAP), width, unit));
    let at = 0;
    this.#bars = this.#notes.map(({ pitch, length }, i) => {
      const group = svg('g', { class: `tone sure-${Math.min(3, Math.floor(this.#confidence[i]! * 4))}` });
      const row = this.#rows.indexOf(pitch);
      // a note that goes on in the next line is drawn in both
      for (let from = at; row >= 0 && from < at + length; ) {
        const line = Math.floor(from / across);
        const to = Math.min(at + length, (line + 1) * across);
        const [x, y] = [NAMES + (from - line * across) * unit, line * (high + GAP) + row * ROW];
        group.append(
          svg('rect', { x: x + 0.5, y, rx: 2, width: Math.max(1, (to - from) * unit - 1), height: ROW }),
        );
        from = to;
      }
      at += length;
      picture.append(group);
      return group;
    });
    this.root.replaceChildren(picture);
    this.mark(this.#marked);
  }

  /** Names, rows of the black keys, and bar lines. */
  #paper(top: number, width: number, unit: number): SVGElement[] {
    const high = this.#rows.length * ROW;
    const rows = this.#rows.flatMap((pitch, i) => {
      const y = top + i * ROW;
      const name = svg('text', { x: NAMES - 5, y: y + ROW - 2, class: 'name' }, nameOf(pitch));
      const isBlack = /[♯♭]/.test(nameOf(pitch));
      const row = svg('rect', { x: NAMES, y, width: width - NAMES, height: ROW, class: 'key' });
      return isBlack ? [row, name] : [name];
    });
    const bars: SVGElement[] = [];
    for (let x = NAMES; x <= width + 1; x += BAR * unit)
      bars.push(svg('line', { x1: x, x2: x, y1: top, y2: top + high, class: 'bar-line' }));
    return [...rows, ...bars];
  }
}
