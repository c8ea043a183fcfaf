import type { KernelBuild } from '../index.ts';
import { loadCharacterModel, readCharacterModel } from './characterModel.ts';
import { CliError, printable } from './failure.ts';
import { readInput, readTensors, readText, STDIN, shown } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { count, plural } from './show.ts';
import type { Missing } from './table/readTable.ts';
import { readTable } from './table/readTable.ts';
import { tableErrors } from './table/tableErrors.ts';
import { isTableModel, loadTableModel, readTableModel } from './table/tableModel.ts';
import { textErrors } from './text/textErrors.ts';
import { named } from './train/training.ts';

export interface EvalOptions {
  readonly json?: boolean;
  readonly missing?: Missing;
  readonly kernels?: KernelBuild;
}

/** Numbers by name, and the lines that show them. */
interface Report {
  readonly json: object;
  readonly lines: readonly string[];
}

/** `unrolled eval`: how well a model predicts each character of a text, or each row of a table, from those before. */
export async function evaluate(path: string, file: string, options: EvalOptions, io: Io): Promise<number> {
  if (path === STDIN && file === STDIN)
    throw new CliError('the model and FILE cannot both be read from standard input', 2);
  const bytes = await readInput(path, io);
  const isTable = isTableModel(readTensors(bytes, path).metadata);
  if (!isTable && options.missing !== undefined) throw new CliError('--missing is for a model of a table', 2);
  const report = await (isTable ? ofTable : ofText)(path, bytes, file, options, io);
  const text = options.json ? JSON.stringify(report.json) : report.lines.join('\n');
  await print(io.stdout, `${text}\n`);
  return 0;
}

/** @throws {CliError} of a model whose outputs are no numbers to compare */
function checkLoss(path: string, loss: number): void {
  if (Number.isNaN(loss)) throw new CliError(`${shown(path)}: the loss is NaN, since its outputs are`);
}

async function ofText(
  path: string,
  bytes: Uint8Array,
  file: string,
  { kernels }: EvalOptions,
  io: Io,
): Promise<Report> {
  const vocabulary = readCharacterModel(bytes, path);
  const text = await readText(file, io);
  const tokens = named(file, () => vocabulary.encode(text));
  if (tokens.length < 2)
    throw new CliError(`${shown(file)}: expected at least 2 characters, got ${tokens.length}`);
  await loadKernels(kernels ?? 'simd');
  using model = loadCharacterModel(path, bytes, vocabulary);
  const { loss, accuracy } = textErrors(model, tokens);
  checkLoss(path, loss);
  const [perplexity, bits] = [Math.exp(loss), loss / Math.LN2];
  return {
    json: { characters: tokens.length, loss, perplexity, bits, accuracy },
    lines: [
      `${shown(file)}: ${plural(tokens.length, 'character')}`,
      `loss        ${loss.toFixed(4)} nats per character (${bits.toFixed(4)} bits)`,
      `perplexity  ${perplexity.toFixed(3)} of ${count(vocabulary.size)} different characters`,
      `accuracy    ${(100 * accuracy).toFixed(1)} % of the next characters`,
    ],
  };
}

async function ofTable(
  path: string,
  bytes: Uint8Array,
  file: string,
  { kernels, missing }: EvalOptions,
  io: Io,
): Promise<Report> {
  const { columns, normalizer } = readTableModel(bytes, path);
  const text = await readText(file, io);
  const { data, rows } = named(file, () => readTable(text, { columns, missing }));
  if (rows < 2) throw new CliError(`${shown(file)}: expected at least 2 rows, got ${rows}`);
  await loadKernels(kernels ?? 'simd');
  using model = loadTableModel(path, bytes, columns.length);
  const { loss, repeating, byColumn } = tableErrors(model, normalizer, data);
  checkLoss(path, loss);
  const digits = (value: number) => String(Number(value.toPrecision(5)));
  const cells = [
    ['column', 'mean error', 'root mean square', 'repeating the row before'],
    ...columns.map((name, i) => {
      const { mae, rmse, repeating } = byColumn[i]!;
      return [printable(name), digits(mae), digits(rmse), digits(repeating)];
    }),
  ];
  const widths = cells[0]!.map((_, k) => Math.max(...cells.map((row) => row[k]!.length)));
  return {
    json: {
      rows,
      loss,
      repeating,
      columns: Object.fromEntries(columns.map((name, i) => [name, byColumn[i]])),
    },
    lines: [
      `${shown(file)}: ${plural(rows, 'row')}`,
      `loss        ${loss.toFixed(4)} of the variance, next row from all before`,
      `repeating   ${repeating.toFixed(4)}, the row before as the forecast`,
      '',
      ...cells.map((row) =>
        row
          .map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!)))
          .join('  ')
          .trimEnd(),
      ),
    ],
  };
}
