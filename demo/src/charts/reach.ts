import type { Flow } from 'unrolled';
import { room } from '../ui/changing.ts';
import { card, el } from '../ui/el.ts';
import { Grid } from './grid.ts';

/** Decades below the largest norm that are told apart. */
const DECADES = 8;

/** Of what is said of a layer. */
const LONGEST = 'Layer 3: vanishing – 1.00e-100 of a gradient is left after 256 steps, less than 0.001';

/** The gradient of the last step's loss, layers × time, the top layer above. */
export class ReachMap {
  readonly root: HTMLElement;
  readonly #grid = new Grid('Norm of the gradient by layer and time', 'heat-0', 'heat-1', 'heat-2', 'heat-3');
  readonly #verdicts = el('ul', { class: 'verdicts' });
  readonly #names = el('div', { class: 'rows', 'aria-hidden': 'true' });

  constructor() {
    this.root = card(
      'reach-title',
      'How far back the gradient reaches',
      el(
        'p',
        { class: 'note' },
        'The gradient of the loss at the last character, on its way back through time: where it fades, the model can’t learn.',
      ),
      el('div', { class: 'map' }, this.#names, this.#grid.canvas),
      el('div', { class: 'ends' }, el('span', {}, 'first character'), el('span', {}, 'last character')),
      el('p', { class: 'legend' }, '10⁻⁸', this.#grid.scale, 'of the largest norm'),
      this.#verdicts,
    );
    this.#grid.draw(1, 1, () => 0);
  }

  show({ layers }: Flow): void {
    const top = [...layers].reverse();
    const most = Math.max(...layers.flatMap(({ hNorm }) => hNorm.filter(Number.isFinite)));
    this.#grid.draw(top.length, top[0]?.hNorm.length ?? 0, (row, t) => {
      const share = top[row]!.hNorm[t]! / most;
      return 1 + Math.log10(share) / DECADES;
    });
    const name = (row: number) => `Layer ${layers.length - row}`;
    this.#names.replaceChildren(...top.map((_, row) => room('span', {}, ['Layer 3'], name(row)).root));
    this.#verdicts.replaceChildren(
      ...top.map(({ verdict, reason }, row) => {
        const strong = el('strong', {}, `${name(row)}: ${verdict}`);
        return room('li', { 'data-verdict': verdict }, [LONGEST], strong, ` – ${reason}`).root;
      }),
    );
  }
}
