import { texts } from '../../data/texts.ts';
import { cells } from '../../train/model.ts';
import { el } from '../../ui/el.ts';
import { choice, type Field, numbers, text, whole } from '../../ui/fields.ts';

/** What a person sets. */
export interface TextSettings {
  /** Of a bundled text, or `own`. */
  readonly source: string;
  /** The pasted text; empty where a bundled one is used. */
  readonly own: string;
  readonly cell: string;
  readonly hidden: number;
  readonly layers: number;
  readonly sequence: number;
  readonly updates: number;
}

const OWN = 'own';

/** The form on the left. */
export class SettingsForm {
  readonly root: HTMLFieldSetElement;
  readonly #fields;

  constructor() {
    const options = Object.entries(texts).map(([name, { label }]) => [name, label] as const);
    const own = text('Your text', '', 6, 'A few thousand characters at least.');
    own.root.hidden = true;
    this.#fields = {
      source: choice('Text', [...options, [OWN, 'Paste one …']], 'whale', (value) => {
        own.root.hidden = value !== OWN;
      }),
      own,
      cell: choice('Cell', cells, 'LSTM'),
      hidden: numbers('Hidden units', [16, 32, 64, 128, 192, 256], 128),
      layers: numbers('Layers', [1, 2, 3], 1),
      sequence: numbers('Sequence length', [16, 32, 64, 128, 256], 64),
      updates: whole('Updates', 2000, 50, 100_000),
    };
    const { source, cell, hidden, layers, sequence, updates } = this.#fields;
    this.root = el(
      'fieldset',
      {},
      el('legend', {}, 'What to train'),
      source.root,
      own.root,
      el('div', { class: 'pairs' }, cell.root, hidden.root, layers.root, sequence.root),
      updates.root,
    );
  }

  get value(): TextSettings {
    const { source, own, cell, hidden, layers, sequence, updates } = this.#fields;
    return {
      source: source.value,
      own: source.value === OWN ? own.value : '',
      cell: cell.value,
      hidden: hidden.value,
      layers: layers.value,
      sequence: sequence.value,
      updates: updates.value,
    };
  }

  set value(settings: TextSettings) {
    for (const [name, value] of Object.entries(settings)) {
      (this.#fields as unknown as Record<string, Field<unknown>>)[name]!.value = value;
    }
    this.#fields.own.root.hidden = settings.source !== OWN;
  }

  set disabled(disabled: boolean) {
    this.root.disabled = disabled;
  }
}
