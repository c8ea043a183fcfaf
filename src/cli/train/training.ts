import { show } from '../../errors.ts';
import type { KernelBuild } from '../../index.ts';
import { CliError } from '../failure.ts';
import { readTensors, shown } from '../files.ts';
import { type Best, readBest } from './best.ts';
import { Losses } from './losses.ts';
import { readSettings, type Settings } from './settings.ts';
import { type Kind, type Source, UNITS } from './subject.ts';

/** The saved state of a run. The position in the text or table follows from `step`. */
export interface Training {
  readonly kind: Kind;
  readonly source: Source;
  readonly settings: Settings;
  /** Updates made. */
  readonly step: number;
  /** Total number of updates. */
  readonly steps: number;
  readonly kernels: KernelBuild;
  readonly losses: Losses;
  /** Set with --val. */
  readonly best?: Best | undefined;
}

/** The metadata of a file that `train` saved. */
export interface Trained {
  readonly metadata: Readonly<Record<string, string>>;
  readonly training: Training;
}

const VERSION = 1;

/** Metadata `training`: JSON, with `text: { sha256, characters }` or `table: { sha256, rows }`. */
export function trainingMetadata(training: Training): Record<string, string> {
  const { kind, source, settings, step, steps, kernels, losses, best } = training;
  const data = { [kind]: { sha256: source.sha256, [sizeKey(kind)]: source.size } };
  const saved = { version: VERSION, settings, step, steps, kernels, ...data, losses, best };
  return { training: JSON.stringify(saved) };
}

/** @throws {CliError} if the file was not saved by `train`; the message starts with `path` */
export function readTrained(bytes: Uint8Array, path: string): Trained {
  const { metadata } = readTensors(bytes, path);
  return named(path, () => {
    checkSaved(metadata);
    const training = readTraining(metadata);
    if (!training) throw new CliError('the model has no training state');
    return { metadata, training };
  });
}

/** @throws {CliError} unless the metadata are those of a saved model */
export function checkSaved(metadata: Readonly<Record<string, string>>): void {
  if (metadata.unrolled === undefined)
    throw new CliError('a safetensors file, but not a model saved by unrolled');
}

/** Runs it; errors start with `path`. */
export function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`${shown(path)}: ${error.message}`, 1, { cause: error });
  }
}

/** The state of a run; undefined if there is none. @throws {CliError} if it is damaged */
export function readTraining({ training }: Readonly<Record<string, string>>): Training | undefined {
  if (training === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(training);
  } catch {
    throw new CliError('its training state is not valid JSON');
  }
  const saved = (json ?? {}) as Training & { version: unknown };
  if (saved.version !== VERSION) {
    throw new CliError(`its training state: expected version ${VERSION}, got ${show(saved.version)}`);
  }
  const settings = readSettings(saved.settings);
  const losses = Losses.from(saved.losses);
  const { step, steps, kernels } = saved;
  const source = readSource(saved as never);
  const whole = [step, steps].every((n) => Number.isSafeInteger(n) && n >= 0);
  const known = kernels === 'simd' || kernels === 'relaxed';
  if (!settings || !losses || !whole || !known || !source)
    throw new CliError('its training state is damaged');
  const best = readBest(saved.best);
  return { ...source, settings, step, steps, kernels, losses, ...(best ? { best } : {}) };
}

function sizeKey(kind: Kind): string {
  return `${UNITS[kind].step}s`;
}

function readSource(saved: Record<string, Record<string, unknown> | null>) {
  const kind = saved.table === undefined ? 'text' : 'table';
  const { sha256, [sizeKey(kind)]: size } = saved[kind] ?? {};
  if (typeof sha256 !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0) return undefined;
  return { kind, source: { sha256, size: size as number } } as const;
}
