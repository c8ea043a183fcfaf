import { el } from './el.ts';

/** Steps of a colour: as many classes `shade-0` … there are. */
const SHADES = 7;

/** Text in shades, one per character: runs of one shade become one element. */
export class WrittenText {
  readonly root = el('div', {
    ...{ class: 'written', id: 'written', tabindex: 0 },
    ...{ role: 'group', 'aria-label': 'What it wrote' },
  });

  /** `shade`: 0..1 per character, counted from the first after `prompt`. */
  show(prompt: string, characters: readonly string[], shade: (i: number) => number): void {
    const parts: Node[] = [el('span', { class: 'prompt' }, prompt)];
    let run = '';
    let of = -1;
    const end = () => {
      if (run) parts.push(el('span', { class: `shade-${of}` }, run));
    };
    for (const [i, c] of characters.entries()) {
      const now = Math.min(SHADES - 1, Math.floor(shade(i) * SHADES));
      if (now !== of) {
        end();
        run = '';
        of = now;
      }
      run += c;
    }
    end();
    this.root.replaceChildren(...parts);
  }
}
