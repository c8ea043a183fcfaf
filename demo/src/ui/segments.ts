import { el } from './el.ts';
import { type Field, field } from './fields.ts';

let count = 0;

/** One of a few texts, all of which are seen. */
export function segments(
  label: string,
  options: readonly (readonly [value: string, label: string])[],
  initial: string,
  onchange: (value: string) => void,
): Field<string> {
  const name = `segments-${++count}`;
  const read = () => inputs.find(({ checked }) => checked)!.value;
  const inputs = options.map(([value]) =>
    el('input', { type: 'radio', name, value, checked: value === initial, onchange: () => onchange(read()) }),
  );
  const labels = options.map(([, words], i) => el('label', {}, inputs[i]!, el('span', {}, words)));
  const root = el(
    'fieldset',
    { class: 'field segments' },
    el('legend', {}, label),
    el('div', { class: 'row' }, ...labels),
  );
  return field(
    root,
    root,
    read,
    (value) => {
      for (const input of inputs) input.checked = input.value === value;
    },
    (value): value is string => options.some(([known]) => known === value),
  );
}
