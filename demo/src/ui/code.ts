import { Changing } from './changing.ts';
import { el } from './el.ts';

/** Source text that can be copied, with some of its lines marked. */
export class Code {
  readonly root: HTMLElement;

  constructor(title: string, source: string, marked: readonly string[] = []) {
    const id = `code-${title.replace(/\W+/g, '-').toLowerCase()}`;
    const lines = source.trimEnd().split('\n');
    const line = (text: string) =>
      el(marked.includes(text) ? 'mark' : 'span', { class: 'line' }, `${text}\n`);
    const said = new Changing('span', { class: 'said', role: 'status' }, [DONE, REFUSED], '');
    const copy = async () => {
      said.text = await navigator.clipboard.writeText(source).then(
        () => DONE,
        () => REFUSED,
      );
    };
    this.root = el(
      'section',
      { class: 'card code', 'aria-labelledby': id },
      el(
        'div',
        { class: 'bar' },
        el('h2', { id }, title),
        said.root,
        el('button', { type: 'button', onclick: () => void copy() }, 'Copy'),
      ),
      el('pre', { tabindex: 0, role: 'group', 'aria-label': 'Source' }, el('code', {}, ...lines.map(line))),
    );
  }
}

const DONE = 'Copied';
const REFUSED = 'Not allowed';
