import { room } from './changing.ts';
import { el } from './el.ts';

export interface Field<T> {
  readonly root: HTMLElement;
  value: T;
  disabled: boolean;
  /** Whether a value that was kept is one of this field. */
  accepts(value: unknown): value is T;
  /** Settles once a large value that was pasted is there. */
  readonly settled?: Promise<void>;
}

let count = 0;

export function labelled(label: Node | string, control: HTMLElement, hint?: string): HTMLElement {
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
  return textField(label, control, (value) => pairs.some(([known]) => known === value));
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
    (value): value is number => options.includes(value as number),
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
  return field(
    labelled(label, control, hint),
    control,
    read,
    (value) => {
      control.value = String(value);
    },
    (value): value is number => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  );
}

/** A number on a slider, shown next to its label as `say` has it; `longest`: what that becomes, where it is not known yet. */
export function slider(
  label: string,
  initial: number,
  [min, max, step]: readonly [number, number, number],
  oninput: (value: number) => void = () => {},
  say: (value: number) => string = String,
  longest: readonly string[] = [min, min + step, max - step, max].map(say),
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
  const words = longest.map((one) => `${label} ${one}`);
  const root = labelled(room('span', {}, words, label, ' ', shown).root, control);
  update();
  const made = field(
    root,
    control,
    () => control.valueAsNumber,
    (value) => {
      control.valueAsNumber = value;
      update();
    },
    (value): value is number => Number.isFinite(value) && Number(value) >= min && Number(value) <= max,
  );
  return Object.assign(made, { update });
}

/** A line of text. */
export function text(label: string, initial: string): Field<string> {
  const control = el('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' });
  control.value = initial;
  return textField(label, control, (value) => typeof value === 'string');
}

/** A field whose value is what the control holds. */
function textField(
  label: string,
  control: HTMLInputElement | HTMLSelectElement,
  accepts: (value: unknown) => boolean,
): Field<string> {
  return field(
    labelled(label, control),
    control,
    () => control.value,
    (value) => {
      control.value = value;
    },
    (value): value is string => accepts(value),
  );
}

export function field<T>(
  root: HTMLElement,
  control: HTMLElement & { disabled: boolean },
  read: () => T,
  write: (value: T) => void,
  accepts: (value: unknown) => value is T,
): Field<T> {
  return {
    root,
    accepts,
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
