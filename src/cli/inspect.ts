import type { SafetensorsFile } from '../io/index.ts';
import { readCharacterModel } from './characterModel.ts';
import { printable } from './failure.ts';
import { readInput, readTensors, shown } from './files.ts';
import { type Io, print } from './io.ts';
import { brief, count, plural, size } from './show.ts';
import { isTableModel, readTableModel } from './table/tableModel.ts';
import { UNITS } from './train/subject.ts';
import { named, readTraining } from './train/training.ts';

/** Maximum number of characters shown per metadata value. */
const SHOWN = 60;
/** Matches tensors of a checkpoint that are not parameters. */
const STATE = /^(optimizer|carried)\./;

/** `unrolled inspect`: lists the tensors and metadata of a safetensors file and the layers of a model. */
export async function inspect(path: string, io: Io): Promise<number> {
  const bytes = await readInput(path, io);
  const file = readTensors(bytes, path);
  const lines = [
    `${shown(path)}: safetensors, ${size(bytes.length)}, ${plural(file.tensors.size, 'tensor')}`,
    ...total(file),
    ...layers(file),
    ...training(bytes, file, path),
    ...metadata(file),
    ...tensors(file),
  ];
  await print(io.stdout, `${lines.join('\n')}\n`);
  return 0;
}

function total({ tensors, metadata }: SafetensorsFile): string[] {
  const elements = (state: boolean) => {
    const of = [...tensors].filter(
      ([name]) => (metadata.unrolled !== undefined && STATE.test(name)) === state,
    );
    return of.reduce((sum, [, { data }]) => sum + data.length, 0);
  };
  const state = elements(true);
  return [
    `${plural(elements(false), 'parameter')}${state ? `, and ${plural(state, 'number')} of training state` : ''}`,
  ];
}

function layers({ metadata }: SafetensorsFile): string[] {
  const list = json(metadata.unrolled)?.layers;
  if (!Array.isArray(list)) return [];
  const rows = list.map((layer: unknown, i) => {
    const { type, ...config } = (layer ?? {}) as Record<string, unknown>;
    const options = Object.entries(config).map(([key, value]) => `${key} ${brief(value)}`);
    return [String(i), typeof type === 'string' ? type : brief(type), options.join(', ')];
  });
  return ['', 'Layers', ...table(rows)];
}

function training(bytes: Uint8Array, { metadata }: SafetensorsFile, path: string): string[] {
  if (metadata.unrolled === undefined) return [];
  const of = subject(bytes, metadata, path);
  if (of.length === 0) return [];
  const training = named(path, () => readTraining(metadata));
  if (!training) return of;
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
  return [...of, ...table(rows)];
}

/** What a model was trained for; nothing if it is neither characters nor a table. */
function subject(bytes: Uint8Array, metadata: SafetensorsFile['metadata'], path: string): string[] {
  if (metadata.vocabulary !== undefined) {
    const { size } = readCharacterModel(bytes, path);
    return ['', `Character model of ${plural(size, 'character')}`];
  }
  const model = isTableModel(metadata) ? readTableModel(bytes, path) : undefined;
  if (!model) return [];
  const { columns, normalizer } = model;
  const digits = (value: number) => String(Number(value.toPrecision(6)));
  const rows = columns.map((name, i) => [name, digits(normalizer.offset[i]!), digits(normalizer.scale[i]!)]);
  const title = `Forecast of a table of ${plural(columns.length, 'column')}`;
  return ['', title, ...table([['column', 'mean', 'deviation'], ...rows]), ''];
}

function metadata({ metadata }: SafetensorsFile): string[] {
  const rows = Object.entries(metadata).map(([key, value]) => {
    const shown = value.length > SHOWN ? [...value.slice(0, SHOWN)].slice(0, -1).join('') : value;
    return [
      key,
      shown === value ? printable(value) : `${printable(shown)}… (${plural(value.length, 'character')})`,
    ];
  });
  return rows.length ? ['', 'Metadata', ...table(rows)] : [];
}

function tensors({ tensors }: SafetensorsFile): string[] {
  const rows = [...tensors].map(([name, { dtype, shape, data }]) => [
    name,
    dtype,
    `[${shape.join(', ')}]`,
    count(data.length),
  ]);
  return rows.length ? ['', 'Tensors', ...table(rows)] : [];
}

/** Formats rows as columns of equal width, each preceded by two spaces. */
function table(rows: readonly (readonly string[])[]): string[] {
  const safe = rows.map((row) => row.map(printable));
  const widest = (k: number) => safe.reduce((most, row) => Math.max(most, row[k]?.length ?? 0), 0);
  const widths = safe[0]?.map((_, k) => widest(k)) ?? [];
  return safe.map((row) => `  ${row.map((cell, k) => cell.padEnd(widths[k]!)).join('  ')}`.trimEnd());
}

function json(text: string | undefined): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
