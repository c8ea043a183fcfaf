import { brief } from '../modelFiles/brief.ts';
import type { Opened, Port } from '../modelFiles/opened.ts';
import { printable } from './failure.ts';
import { shown } from './files.ts';
import { type Io, print } from './io.ts';
import { openModel } from './openModel.ts';
import { count, plural, size } from './show.ts';

/** Maximum number of characters shown per metadata value. */
const SHOWN = 60;

export interface InspectOptions {
  readonly json?: boolean;
}

/** `unrolled inspect`: what a file is, its layers, inputs, outputs, metadata and tensors. */
export async function inspect(path: string, { json = false }: InspectOptions, io: Io): Promise<number> {
  const opened = await openModel(path, io);
  const text = json ? JSON.stringify(asJson(opened), null, 2) : asText(shown(path), opened);
  await print(io.stdout, `${text}\n`);
  return 0;
}

/** Number of parameters, and of numbers of training state. */
function sums({ parameters, state = 0, tensors }: Opened): { parameters: number; state: number } {
  const all = [...(tensors ?? [])].reduce((sum, [, { data }]) => sum + data.length, 0);
  return { parameters: parameters ?? all, state };
}

function asJson(opened: Opened & { readonly size: number }): object {
  const { format, size: bytes, layers, inputs, outputs, sections, metadata, tensors } = opened;
  return {
    format,
    bytes,
    ...sums(opened),
    ...(layers ? { layers } : {}),
    ...(inputs ? { inputs } : {}),
    ...(outputs ? { outputs } : {}),
    ...(sections?.length ? { sections } : {}),
    ...(metadata ? { metadata } : {}),
    ...(tensors ? { tensors: [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })) } : {}),
  };
}

function asText(path: string, opened: Opened & { readonly size: number }): string {
  const { format, layers, inputs, outputs, sections = [], metadata = {}, tensors } = opened;
  const { parameters, state } = sums(opened);
  const held = tensors ? `, ${plural(tensors.size, 'tensor')}` : '';
  const layerRows = (layers ?? []).map(({ name, type, config }) => {
    const options = Object.entries(config).map(([key, value]) => `${key} ${brief(value)}`);
    return [name, type, options.join(', ')];
  });
  const port = ({ name, type, dims }: Port) => [name, type, `[${dims.map((n) => n ?? '?').join(', ')}]`];
  return [
    `${path}: ${printable(format)}, ${size(opened.size)}${held}`,
    `${plural(parameters, 'parameter')}${state ? `, and ${plural(state, 'number')} of training state` : ''}`,
    ...section('Layers', layerRows),
    ...section('Inputs', (inputs ?? []).map(port)),
    ...section('Outputs', (outputs ?? []).map(port)),
    ...sections.flatMap(({ title, rows }) => ['', title, ...table(rows)]),
    ...section('Metadata', Object.entries(metadata).map(metadataRow)),
    ...section(
      'Tensors',
      [...(tensors ?? [])].map(([name, { dtype, shape, data }]) => [
        name,
        dtype,
        `[${shape.join(', ')}]`,
        count(data.length),
      ]),
    ),
  ].join('\n');
}

function metadataRow([key, value]: readonly [string, string]): string[] {
  const shown = value.length > SHOWN ? [...value.slice(0, SHOWN)].slice(0, -1).join('') : value;
  return [
    key,
    shown === value ? printable(value) : `${printable(shown)}… (${plural(value.length, 'character')})`,
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length ? ['', title, ...table(rows)] : [];
}

/** Formats rows as columns of equal width, each preceded by two spaces. */
function table(rows: readonly (readonly string[])[]): string[] {
  const safe = rows.map((row) => row.map(printable));
  const widest = (k: number) => safe.reduce((most, row) => Math.max(most, row[k]?.length ?? 0), 0);
  const widths = safe[0]?.map((_, k) => widest(k)) ?? [];
  return safe.map((row) => `  ${row.map((cell, k) => cell.padEnd(widths[k]!)).join('  ')}`.trimEnd());
}
