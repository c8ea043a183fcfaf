import { el } from '../ui/el.ts';
import { palette } from './palette.ts';
import { onTheme } from './theme.ts';

/** A heat map, a pixel a cell, which the style sheet stretches. */
export class Grid {
  readonly canvas: HTMLCanvasElement;
  readonly #names: readonly string[];
  #colours: Uint8Array;
  #last: { rows: number; columns: number; value: (row: number, column: number) => number } | undefined;

  /** `names`: colours of the page from 0 to 1. */
  constructor(label: string, ...names: string[]) {
    this.canvas = el('canvas', { class: 'grid', role: 'img', 'aria-label': label, width: 1, height: 1 });
    this.#names = names;
    this.#colours = palette(...names);
    onTheme(() => {
      this.#colours = palette(...names);
      if (this.#last) this.draw(this.#last.rows, this.#last.columns, this.#last.value);
    });
  }

  /** A strip from the first colour to the last, for a legend. */
  get scale(): HTMLElement {
    const stops = this.#names.map((name) => `var(--${name})`).join(', ');
    const strip = el('span', { class: 'scale', 'aria-hidden': 'true' });
    strip.style.background = `linear-gradient(to right, ${stops})`;
    return strip;
  }

  /** Values 0..1; NaN is drawn as 0. */
  draw(rows: number, columns: number, value: (row: number, column: number) => number): void {
    this.#last = { rows, columns, value };
    const { canvas } = this;
    if (canvas.width !== columns) canvas.width = columns;
    if (canvas.height !== rows) canvas.height = rows;
    const image = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const given = value(Math.floor(i / columns), i % columns);
      const at = 3 * Math.round(255 * Math.min(1, Math.max(0, given || 0)));
      image.data.set(this.#colours.subarray(at, at + 3), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    canvas.getContext('2d')!.putImageData(image, 0, 0);
  }
}
