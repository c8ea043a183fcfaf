import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { el } from '../ui/el.ts';
import { onTheme } from './theme.ts';

/** A uPlot in an element of its own, as wide as that is. */
export class Plot {
  readonly root: HTMLElement;
  readonly #options: () => Omit<uPlot.Options, 'width' | 'height'>;
  readonly #height: number;
  #plot: uPlot | undefined;
  #data: uPlot.AlignedData = [[]];
  #frame = 0;

  /** `options` are read anew when the theme changes. `label` tells what is to be seen. */
  constructor(label: string, height: number, options: () => Omit<uPlot.Options, 'width' | 'height'>) {
    this.root = el('div', { class: 'plot', role: 'img', 'aria-label': label });
    this.root.style.height = `${height}px`;
    this.#options = options;
    this.#height = height;
    new ResizeObserver(() => this.#fit()).observe(this.root);
    onTheme(() => this.remake());
  }

  /** Shown with the next frame. */
  set(data: uPlot.AlignedData): void {
    this.#data = data;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#plot && this.#data[0].length) this.#plot.setData(this.#data);
      else this.remake();
    });
  }

  remake(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#fit();
  }

  #fit(): void {
    const width = this.root.clientWidth;
    if (!width) return;
    const size = { width, height: this.#height };
    if (this.#plot) this.#plot.setSize(size);
    // without data it would have no axes, and move when it gets them
    else if (this.#data[0].length)
      this.#plot = new uPlot({ ...this.#options(), ...size }, this.#data, this.root);
  }
}
