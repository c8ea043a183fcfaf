import { Dropout, Embedding, GRU, type Layer, Linear, LSTM, RNN } from '../../index.ts';

export const CELLS = { lstm: LSTM, gru: GRU, rnn: RNN } as const;
export type Cell = keyof typeof CELLS;

/** Settings of a run that can't change when it is resumed. */
export interface Settings {
  readonly cell: Cell;
  readonly hidden: number;
  readonly layers: number;
  readonly embed: number;
  readonly dropout: number;
  /** Sequence length T, in characters. */
  readonly seqLen: number;
  /** Batch size B. */
  readonly batch: number;
  readonly lr: number;
  /** Steps until the learning rate has decayed to 1/10. */
  readonly decay: number;
  readonly seed: number;
}

export const DEFAULTS: Settings = {
  cell: 'lstm',
  hidden: 128,
  layers: 1,
  embed: 32,
  dropout: 0,
  seqLen: 64,
  batch: 8,
  lr: 5e-3,
  decay: 2000,
  seed: 1,
};
export const DEFAULT_STEPS = 2000;
/** Seconds between saves. */
export const DEFAULT_SAVE_EVERY = 30;
/** Updates between measurements of the gradient flow. */
export const FLOW_EVERY = 100;

/** The command-line option of a setting. */
export function optionName(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}

/** Embedding, recurrent layers, dropout if not 0, and a Linear layer to one logit per character. */
export function makeLayers({ cell, embed, hidden, layers, dropout }: Settings, vocabulary: number): Layer[] {
  return [
    new Embedding(vocabulary, embed),
    new CELLS[cell](embed, hidden, { numLayers: layers }),
    ...(dropout > 0 ? [new Dropout(dropout)] : []),
    new Linear(hidden, vocabulary),
  ];
}

/** Whether a model has the layers that `makeLayers` returns. */
export function hasSettings(layers: readonly Layer[], settings: Settings, vocabulary: number): boolean {
  const recurrent = layers[1];
  // bounds the layers created for the comparison
  if (!(recurrent instanceof CELLS[settings.cell]) || recurrent.numLayers !== settings.layers) return false;
  const configs = (list: readonly Layer[]) =>
    JSON.stringify(list.map((layer) => ({ type: layer.type, ...layer.config() })));
  return configs(layers) === configs(makeLayers(settings, vocabulary));
}

/** Reads settings from JSON; undefined if they are invalid. */
export function readSettings(json: unknown): Settings | undefined {
  const { cell, hidden, layers, embed, dropout, seqLen, batch, lr, decay, seed } = (json ?? {}) as Settings;
  const sizes = [hidden, layers, embed, seqLen, batch, decay];
  const whole =
    sizes.every((n) => Number.isSafeInteger(n) && n >= 1) && Number.isSafeInteger(seed) && seed >= 0;
  const real = [lr, dropout].every(Number.isFinite) && lr > 0 && dropout >= 0 && dropout < 1;
  if (!whole || !real || typeof cell !== 'string' || !Object.hasOwn(CELLS, cell)) return undefined;
  return { cell, hidden, layers, embed, dropout, seqLen, batch, lr, decay, seed };
}
