import type { LongText } from '../../data/slices.ts';
import { texts } from '../../data/texts.ts';
import { cells } from '../../train/model.ts';
import { el } from '../../ui/el.ts';
import { choice, numbers, whole } from '../../ui/fields.ts';
import { Form } from '../../ui/form.ts';
import { longText } from '../../ui/longText.ts';

/** What a person sets. */
export interface TextSettings {
  /** Of a bundled text, or `own`. */
  readonly source: string;
  /** The pasted text; empty where a bundled one is used. */
  readonly own: LongText;
  readonly cell: string;
  readonly hidden: number;
  readonly layers: number;
  readonly sequence: number;
  readonly updates: number;
}

const OWN = 'own';

/** The form on the left. */
export class SettingsForm extends Form<TextSettings> {
  readonly root: HTMLFieldSetElement;

  constructor() {
    const options = Object.entries(texts).map(([name, { label }]) => [name, label] as const);
    const own = longText('Your text', 6, 'A few thousand characters at least.');
    own.root.hidden = true;
    const fields = {
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
    super(fields);
    const { source, cell, hidden, layers, sequence, updates } = fields;
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

  override get value(): TextSettings {
    const settings = super.value;
    return settings.source === OWN ? settings : { ...settings, own: '' };
  }

  override set value(settings: TextSettings) {
    super.value = settings;
    this.fields.own.root.hidden = settings.source !== OWN;
  }

  set disabled(disabled: boolean) {
    this.root.disabled = disabled;
  }
}
