import type { KernelBuild } from '../index.ts';
import { CliError } from './failure.ts';
import { readInput, readText, STDIN } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { DELIMITERS, type Missing, readTable } from './table/readTable.ts';
import { loadTableModel, readTableModel } from './table/tableModel.ts';
import { FORECAST_STEPS } from './train/settings.ts';
import { named } from './train/training.ts';

export interface ForecastOptions {
  readonly steps?: number;
  readonly missing?: Missing;
  /** Default `simd`, which gives the same digits on every engine. */
  readonly kernels?: KernelBuild;
}

/** What a field in quotes may have only. */
const QUOTED = [...DELIMITERS, '"', '\r', '\n'];
/** Rows per write. */
const PIECE = 64;

/** `unrolled forecast`: writes the rows that follow a table as CSV. */
export async function forecast(
  path: string,
  file: string,
  options: ForecastOptions,
  io: Io,
): Promise<number> {
  const { steps = FORECAST_STEPS, missing } = options;
  if (path === STDIN && file === STDIN)
    throw new CliError('the model and the table cannot both be read from standard input', 2);
  const bytes = await readInput(path, io);
  const { columns, normalizer } = readTableModel(bytes, path);
  const text = await readText(file, io);
  const { data, rows, dates } = named(file, () => readTable(text, { columns, missing }));
  await loadKernels(options.kernels ?? 'simd');
  const F = columns.length;
  using model = loadTableModel(path, bytes, F);
  using stream = model.stream();
  const known = normalizer.apply(data);
  let next = known;
  for (let r = 0; r < rows; r++) next = Float32Array.from(stream.step(known.subarray(r * F, (r + 1) * F)));
  // an irregular table has no dates to come, nor have years above 9999
  const dated = dates?.after(steps) === undefined ? undefined : dates;
  const first = dated?.column ?? (columns.includes('row') ? '' : 'row');
  let lines = line([first, ...columns]);
  for (let n = 1; n <= steps; n++) {
    const values = Array.from(normalizer.invert(next), shortest);
    lines += line([dated?.after(n) ?? String(rows + n), ...values]);
    next = Float32Array.from(stream.step(next));
    if (n % PIECE !== 0 && n < steps) continue;
    await print(io.stdout, lines);
    lines = '';
  }
  return 0;
}

/** A float32 in the fewest digits that read back as it: 9 always do. */
function shortest(value: number): string {
  let digits = 1;
  while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return String(Number(value.toPrecision(digits)));
}

/** A line of CSV. */
function line(fields: readonly string[]): string {
  const isPlain = (text: string) => !QUOTED.some((one) => text.includes(one)) && text === text.trim();
  const quoted = (text: string) => (isPlain(text) ? text : `"${text.replaceAll('"', '""')}"`);
  return `${fields.map(quoted).join(',')}\n`;
}
