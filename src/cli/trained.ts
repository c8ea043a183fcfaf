import type { SafetensorsFile } from '../io/index.ts';
import type { Opened } from '../modelFiles/opened.ts';
import { readCharacterModel } from './characterModel.ts';
import { count, plural } from './show.ts';
import { isTableModel, readTableModel } from './table/tableModel.ts';
import { UNITS } from './train/subject.ts';
import { named, readTraining } from './train/training.ts';

type Section = NonNullable<Opened['sections']>[number];

/** What `train` made of a model: what it was trained for, and how. */
export function trainedSections(
  bytes: Uint8Array,
  metadata: SafetensorsFile['metadata'],
  path: string,
): readonly Section[] {
  if (metadata.unrolled === undefined) return [];
  const of = subject(bytes, metadata, path);
  if (!of) return [];
  const training = named(path, () => readTraining(metadata));
  if (!training) return [of];
  const { kind, source, settings, step, steps, kernels, losses, best } = training;
  const units = UNITS[kind];
  const rows = [
    ['steps', `${count(step)} of ${count(steps)} on ${kernels} kernels`],
    [kind, plural(source.size, units.step)],
    ...Object.entries(settings).map(([key, value]) => [key, String(value)]),
  ].filter(([key]) => kind === 'text' || key !== 'embed');
  if (step > 0) rows.push(['loss', `${losses.recent.toFixed(3)} ${units.loss}`]);
  if (best)
    rows.push([
      'best',
      `${best.loss.toFixed(3)} on the validation ${kind}, after ${plural(best.step, 'step')}`,
    ]);
  return of.rows.length ? [of, { title: 'Training', rows }] : [{ ...of, rows }];
}

/** What a model was trained for; undefined if it is neither characters nor a table. */
function subject(
  bytes: Uint8Array,
  metadata: SafetensorsFile['metadata'],
  path: string,
): Section | undefined {
  if (metadata.vocabulary !== undefined) {
    const { size } = readCharacterModel(bytes, path);
    return { title: `Character model of ${plural(size, 'character')}`, rows: [] };
  }
  const model = isTableModel(metadata) ? readTableModel(bytes, path) : undefined;
  if (!model) return undefined;
  const { columns, normalizer } = model;
  const digits = (value: number) => String(Number(value.toPrecision(6)));
  const rows = columns.map((name, i) => [name, digits(normalizer.offset[i]!), digits(normalizer.scale[i]!)]);
  return {
    title: `Forecast of a table of ${plural(columns.length, 'column')}`,
    rows: [['column', 'mean', 'deviation'], ...rows],
  };
}
