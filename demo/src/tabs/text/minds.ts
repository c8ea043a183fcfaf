import { Grid } from '../../charts/grid.ts';
import { Changing } from '../../ui/changing.ts';
import { card, el } from '../../ui/el.ts';
import { choice, slider } from '../../ui/fields.ts';
import { WrittenText } from '../../ui/written.ts';

interface Passage {
  readonly prompt: string;
  readonly characters: readonly string[];
  /** 0..1 per character. */
  readonly confidence: Float32Array;
  /** [length, hidden], −127..127. */
  readonly activations: Int8Array;
}

/** What the model wrote: in the colours of its confidence or of a hidden unit, and all units under it. */
export class Minds {
  readonly text: HTMLElement;
  readonly units: HTMLElement;
  readonly #written = new WrittenText();
  readonly #grid = new Grid('Activations of the hidden units by character', 'cold', 'card', 'warm');
  readonly #low = new Changing('span', {}, ['a guess'], '−1');
  readonly #scale = el('span', { class: 'scale' });
  readonly #high = new Changing('span', {}, ['sure'], '+1');
  readonly #by = choice(
    'Colour by',
    [
      ['confidence', 'confidence'],
      ['unit', 'a hidden unit'],
    ],
    'confidence',
    () => this.#draw(),
  );
  readonly #unit = slider(
    'Unit',
    0,
    [0, 15, 1],
    () => {
      this.#by.value = 'unit';
      this.#draw();
    },
    String,
    ['255'],
  );
  #passage: Passage | undefined;

  constructor() {
    const legend = el('p', { class: 'legend' }, this.#low.root, this.#scale, this.#high.root);
    this.text = el('div', {}, el('div', { class: 'bar' }, this.#by.root, legend), this.#written.root);
    this.#grid.canvas.classList.add('units');
    this.#grid.canvas.addEventListener('click', (event) => this.#pick(event));
    this.units = card(
      'units-title',
      'Hidden units',
      el(
        'p',
        { class: 'note' },
        'A row per unit, a column per character. Choose a row to see in the text what it stands for.',
      ),
      this.#grid.canvas,
      el('p', { class: 'legend' }, '−1', this.#grid.scale, '+1'),
      this.#unit.root,
    );
    this.#grid.draw(1, 1, () => 0.5);
    this.#draw();
  }

  show(passage: Passage): void {
    this.#passage = passage;
    const length = passage.characters.length;
    const hidden = passage.activations.length / length;
    const control = this.#unit.root.querySelector('input')!;
    control.max = String(hidden - 1);
    this.#unit.value = Math.min(this.#unit.value, hidden - 1);
    this.#grid.draw(hidden, length, (unit, i) => this.#active(i, unit));
    this.#draw();
  }

  #active(i: number, unit: number): number {
    const { activations, characters } = this.#passage!;
    const hidden = activations.length / characters.length;
    return (activations[i * hidden + unit]! + 127) / 254;
  }

  #draw(): void {
    const byUnit = this.#by.value === 'unit';
    const { root } = this.#written;
    root.dataset.by = this.#by.value;
    this.#low.text = byUnit ? '−1' : 'a guess';
    this.#scale.dataset.by = this.#by.value;
    this.#high.text = byUnit ? '+1' : 'sure';
    if (!this.#passage) {
      root.textContent = 'Train, and the model writes here as it learns.';
      return;
    }
    const { prompt, characters, confidence } = this.#passage;
    const unit = this.#unit.value;
    this.#written.show(prompt, characters, (i) => (byUnit ? this.#active(i, unit) : confidence[i]!));
  }

  #pick({ offsetY }: MouseEvent): void {
    if (!this.#passage) return;
    const { canvas } = this.#grid;
    this.#unit.value = Math.floor((offsetY / canvas.clientHeight) * canvas.height);
    this.#by.value = 'unit';
    this.#draw();
  }
}
