import { inSlices } from '../data/slices.ts';
import { el } from './el.ts';
import { type Field, field, labelled } from './fields.ts';

/** A text, as it is in a field, or as it was pasted where it is too long to be laid out. */
export type LongText = string | Blob;

/** Characters that a field lays out within a frame. */
const SHOWN = 50_000;

/** Lines of text. A longer one than a field can lay out at once is put beside it, and said. */
export function longText(label: string, rows: number, hint: string): Field<LongText> {
  let beside: Blob | undefined;
  let reading: Promise<void> = Promise.resolve();
  const control = el('textarea', {
    rows,
    spellcheck: 'false',
    onbeforeinput: (event: InputEvent) => {
      const pasted = event.data ?? event.dataTransfer?.getData('text/plain') ?? '';
      if (beside || pasted.length + control.textLength <= SHOWN) return;
      event.preventDefault();
      const { selectionStart, selectionEnd, value } = control;
      reading = put(value.slice(0, selectionStart) + pasted + value.slice(selectionEnd));
    },
  });
  const words = el('span', {});
  const remove = el('button', { type: 'button', onclick: () => show(undefined) }, 'Remove it');
  const note = el('p', { class: 'said', 'aria-live': 'polite', hidden: true }, words, ' ', remove);
  const root = labelled(label, control, hint);
  root.append(note);

  async function put(text: string): Promise<void> {
    show(new Blob(), text.length);
    const parts: Blob[] = [];
    await inSlices(text.length, (from, to) => parts.push(new Blob([text.slice(from, to)])));
    // not removed meanwhile
    if (beside) beside = new Blob(parts);
  }

  function show(blob: Blob | undefined, length = blob?.size ?? 0): void {
    beside = blob;
    control.hidden = blob !== undefined;
    control.value = '';
    note.hidden = blob === undefined;
    words.textContent = `${length.toLocaleString('en')} characters were pasted.`;
  }

  const made = field<LongText>(
    root,
    control,
    () => beside ?? control.value,
    (value) => {
      show(typeof value === 'string' ? undefined : value);
      if (typeof value === 'string') control.value = value;
    },
    (value): value is LongText => typeof value === 'string' || value instanceof Blob,
  );
  return Object.defineProperty(made, 'settled', { get: () => reading });
}
