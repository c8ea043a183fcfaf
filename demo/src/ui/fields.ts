import { el } from './el.ts';

export interface Field<T> {
  readonly root: HTMLElement;
  value: T;
  disabled: boolean;
}

let count = 0;

function labelled(label: string, control: HTMLElement, hint?: string): HTMLElement {
  control.id = `field-${++count}`;
  const note = hint === undefined ? [] : [el('small', { id: `${control.id}-hint` }, hint)];
  if (hint !== undefined) control.setAttribute('aria-describedby', `${control.id}-hint`);
  return el('div', { class: 'field' }, el('label', { for: control.id }, label), control, ...note);
}

/** One of several texts. `onchange` hears what a person chooses. */
export function choice(
  label: string,
  options: readonly (string | readonly [value: string, label: string])[],
  initial: string,
  onchange: (value: string) => void = () => {},
): Field<string> {
  const pairs = options.map((option) => (typeof option === 'string' ? ([option, option] as const) : option));
  const control = el(
    'select',
    { onchange: () => onchange(control.value) },
    ...pairs.map(([value, text]) => el('option', { value }, text)),
  );
  control.value = initial;
  return field(
    labelled(label, control),
    control,
    () => control.value,
    (value) => {
      control.value = value;
    },
  );
}

/** One of several numbers. */
export function numbers(label: string, options: readonly number[], initial: number): Field<number> {
  const control = el('select', {}, ...options.map((value) => el('option', {}, String(value))));
  control.value = String(initial);
  return field(
    labelled(label, control),
    control,
    () => Number(control.value),
    (value) => {
      control.value = String(value);
    },
  );
}

/** A whole number, brought into its range when the person leaves it. */
export function whole(
  label: string,
  initial: number,
  min: number,
  max: number,
  hint?: string,
): Field<number> {
  const read = () => Math.min(max, Math.max(min, Math.round(Number(control.value) || min)));
  const attributes = { type: 'number', min, max, step: 1, inputmode: 'numeric', value: initial };
  const control = el('input', {
    ...attributes,
    onchange: () => {
      control.value = String(read());
    },
  });
  return field(labelled(label, control, hint), control, read, (value) => {
    control.value = String(value);
  });
}

/** A number on a slider, shown beside its label as `say` has it. */
export function slider(
  label: string,
  initial: number,
  [min, max, step]: readonly [number, number, number],
  oninput: (value: number) => void = () => {},
  say: (value: number) => string = String,
): Field<number> & { update(): void } {
  const shown = el('output');
  const update = () => {
    shown.value = say(control.valueAsNumber);
  };
  const control = el('input', {
    ...{ type: 'range', min, max, step, value: initial },
    oninput: () => {
      update();
      oninput(control.valueAsNumber);
    },
  });
  const root = labelled(label, control);
  root.querySelector('label')!.append(' ', shown);
  update();
  const made = field(
    root,
    control,
    () => control.valueAsNumber,
    (value) => {
      control.valueAsNumber = value;
      update();
    },
  );
  return Object.assign(made, { update });
}

/** A line of text, or with `rows` several. */
export function text(label: string, initial: string, rows = 1, hint?: string): Field<string> {
  const control =
    rows > 1
      ? el('textarea', { rows, spellcheck: 'false' })
      : el('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' });
  control.value = initial;
  return field(
    labelled(label, control, hint),
    control,
    () => control.value,
    (value) => {
      control.value = value;
    },
  );
}

function field<T>(
  root: HTMLElement,
  control: HTMLElement & { disabled: boolean },
  read: () => T,
  write: (value: T) => void,
): Field<T> {
  return {
    root,
    get value() {
      return read();
    },
    set value(value) {
      write(value);
    },
    get disabled() {
      return control.disabled;
    },
    set disabled(disabled) {
      control.disabled = disabled;
    },
  };
}
