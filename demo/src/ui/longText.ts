import { type LongText, partsOf } from '../data/slices.ts';
import { el } from './el.ts';
import { type Field, field, labelled } from './fields.ts';

/** Characters that a field lays out within a frame. */
const SHOWN = 50_000;

/** Lines of text. A text too long for the field is kept next to it, with a note. */
export function longText(label: string, rows: number, hint: string): Field<LongText> {
  let beside: Blob | undefined;
  let reading: Promise<void> = Promise.resolve();
  const control = el('textarea', {
    rows,
    spellcheck: 'false',
    // before the browser makes anything of it
    onpaste: (event: ClipboardEvent) => take(event, event.clipboardData),
    ondrop: (event: DragEvent) => take(event, event.dataTransfer),
    onbeforeinput: (event: InputEvent) => take(event, event.dataTransfer, event.data),
    oninput: () => {
      if (control.textLength > SHOWN) reading = put(control.value);
    },
  });
  const words = el('span', {});
  const remove = el('button', { type: 'button', onclick: () => show(undefined) }, 'Remove it');
  const note = el('p', { class: 'said', 'aria-live': 'polite', hidden: true }, words, ' ', remove);
  const root = labelled(label, control, hint);
  root.append(note);

  function take(event: Event, from: DataTransfer | null, data: string | null = null): void {
    const given = data ?? from?.getData('text/plain') ?? '';
    if (given.length + control.textLength <= SHOWN) return;
    event.preventDefault();
    const { selectionStart, selectionEnd, value } = control;
    reading = put(value.slice(0, selectionStart) + given + value.slice(selectionEnd));
  }

  async function put(text: string): Promise<void> {
    show(new Blob(), text.length);
    const parts: Blob[] = [];
    for await (const part of partsOf(text)) parts.push(new Blob([part]));
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
