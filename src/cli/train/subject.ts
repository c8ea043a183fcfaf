import type { Layer, Loss } from '../../index.ts';
import type { Given } from '../../ndarray.ts';
import { CELLS, type Settings } from './settings.ts';

/** By kind of data: the units of steps and losses. */
export const UNITS = {
  text: { step: 'character', loss: 'nats per character' },
  table: { step: 'row', loss: 'of the variance' },
} as const;
export type Kind = keyof typeof UNITS;

/** What a run learns: a text, character by character, or a table, row by row. */
export interface Subject {
  readonly kind: Kind;
  /** Which data the run was trained on, as saved. */
  readonly source: Source;
  readonly loss: () => Loss;
  /** What is saved besides the training state, for those who use the model. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Layers for these settings. */
  makeLayers(settings: Settings): Layer[];
  /** Batches of T steps and B rows. */
  batches(steps: number, batch: number): SubjectBatches;
  /** Another file of the same kind, read with the vocabulary or the columns of this one. @throws {CliError} */
  another(text: string): Subject;
  /** What is shown of it: the rest of the line `Text` or `Table`. */
  describe(): string;
}

/** Identifies the data of a run. */
export interface Source {
  readonly sha256: string;
  /** Number of steps. */
  readonly size: number;
}

/** Batches; each depends only on its number. */
export interface SubjectBatches {
  /** Overwritten by the next call. */
  read(step: number): { readonly x: Given; readonly y: Given };
}

/** Whether a model has the layers that the subject of a run makes for these settings. */
export function hasSettings(layers: readonly Layer[], settings: Settings, subject: Subject): boolean {
  const isRecurrent = (layer: Layer) => layer instanceof CELLS[settings.cell];
  const recurrent = layers.find(isRecurrent) as InstanceType<(typeof CELLS)[Settings['cell']]> | undefined;
  // bounds the layers created for the comparison
  if (recurrent?.numLayers !== settings.layers) return false;
  const configs = (list: readonly Layer[]) =>
    JSON.stringify(list.map((layer) => ({ type: layer.type, ...layer.config() })));
  return configs(layers) === configs(subject.makeLayers(settings));
}
