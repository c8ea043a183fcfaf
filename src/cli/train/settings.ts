import { GRU, type Layer, LSTM, RNN } from '../../index.ts';

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
/** Rows of a forecast. */
export const FORECAST_STEPS = 24;
/** Updates between measurements of the gradient flow. */
export const FLOW_EVERY = 100;

/** The command-line option of a setting. */
export function optionName(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}

/** The recurrent layers for `inputs` features. */
export function makeRecurrent({ cell, hidden, layers }: Settings, inputs: number): Layer {
  return new CELLS[cell](inputs, hidden, { numLayers: layers });
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
