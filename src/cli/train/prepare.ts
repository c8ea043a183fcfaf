import { FormatError, type KernelBuild } from '../../index.ts';
import { CliError, printable } from '../failure.ts';
import { readBytes } from '../files.ts';
import { loadKernels } from '../kernels.ts';
import { plural } from '../show.ts';
import type { Missing } from '../table/readTable.ts';
import { Session } from './session.ts';
import { DEFAULT_STEPS, DEFAULTS, optionName, type Settings } from './settings.ts';
import type { Kind, Subject } from './subject.ts';
import { named, readTrained, type Trained } from './training.ts';

/** Settings given on the command line, without defaults. */
export interface TrainOptions extends Partial<Settings> {
  readonly steps?: number;
  readonly out?: string;
  /** `true` stands for the file `out`. */
  readonly resume?: string | true;
  /** The file to validate on. */
  readonly val?: string;
  /** Seconds between saves. */
  readonly saveEvery?: number;
  readonly kernels?: KernelBuild;
  readonly revectorize?: boolean;
  /** Default: what the name of the file says; of standard input, that of a resumed run. */
  readonly as?: Kind;
  /** Updates between measurements of the gradient flow. Default: no measurements. */
  readonly flow?: number;
  /** Updates between samples of text. Default: none. */
  readonly sampleEvery?: number;
  /** Columns of a table, separated by commas. Default: all. */
  readonly columns?: string;
  /** What becomes of missing values of a table. Default `refuse`. */
  readonly missing?: Missing;
  /** Options of the sample written at the end. */
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
}

/** A prepared run. */
export interface Run {
  readonly session: Session;
  /** Total number of updates. */
  readonly steps: number;
  readonly kernels: KernelBuild;
}

/** Starts a new run. */
export async function start(subject: Subject, options: TrainOptions): Promise<Run> {
  const settings: Settings = { ...DEFAULTS, ...given(options) };
  const kernels = await loadKernels(options.kernels ?? 'auto', options.revectorize);
  return { session: new Session(subject, settings, kernels), steps: options.steps ?? DEFAULT_STEPS, kernels };
}

/** A file to resume from. */
export interface Saved {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly file: Trained;
}

/** @throws {CliError} if it can't be read, or is not the file of a run */
export function readSaved(path: string): Saved {
  const bytes = readBytes(path);
  return { path, bytes, file: readTrained(bytes, path) };
}

/** Resumes a run. @throws {CliError} if data or settings are not those of the file, or no steps are left */
export async function resumed(
  { path, bytes, file }: Saved,
  subject: Subject,
  options: TrainOptions,
  warn: (line: string) => void,
): Promise<Run> {
  const { training } = file;
  checkSame(given(options), training.settings, path);
  named(path, () => checkData(subject, file));
  const steps = options.steps ?? training.steps;
  if (training.step >= steps) {
    const made = plural(training.step, 'step');
    throw new CliError(`${printable(path)} already has ${made}: --steps is the total and must be larger`);
  }
  const kernels = await loadKernels(options.kernels ?? 'auto', options.revectorize);
  const same =
    kernels === training.kernels || options.kernels
      ? kernels
      : await trainedOn(training.kernels, options.revectorize);
  if (same !== training.kernels) {
    warn(`Trained on ${training.kernels} kernels so far, on ${same} from here: close, but not bit for bit`);
  }
  return { session: load(path, subject, file, bytes, same), steps, kernels: same };
}

/** @throws {CliError} unless the run was trained on this text or table */
function checkData({ kind, source, metadata: own }: Subject, { training, metadata }: Trained): void {
  const other = training.kind;
  if (kind !== other) throw new CliError(`the model was trained on a ${other}, not on a ${kind}`);
  const isSame = Object.entries(own).every(([key, value]) => metadata[key] === value);
  if (source.sha256 !== training.source.sha256 || !isSame)
    throw new CliError(`the model was trained on a different ${other}, or the ${other} has changed since`);
}

/** The kernels the run was started with if the engine supports them, otherwise the supported ones. */
async function trainedOn(kernels: KernelBuild, revectorize?: boolean): Promise<KernelBuild> {
  return loadKernels(kernels === 'simd' ? 'simd' : 'auto', revectorize);
}

function load(path: string, subject: Subject, file: Trained, bytes: Uint8Array, kernels: KernelBuild) {
  try {
    return Session.resume(subject, file, bytes, kernels);
  } catch (error) {
    if (!(error instanceof CliError || error instanceof FormatError)) throw error;
    throw new CliError(`${printable(path)}: ${error.message}`, 1, { cause: error });
  }
}

/** The settings that were given. */
function given(options: TrainOptions): Partial<Settings> {
  return Object.fromEntries(
    Object.keys(DEFAULTS).flatMap((key) => {
      const value = options[key as keyof Settings];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function checkSame(options: Partial<Settings>, settings: Settings, path: string): void {
  for (const [key, value] of Object.entries(options)) {
    const saved = settings[key as keyof Settings];
    if (saved === value) continue;
    throw new CliError(
      `${optionName(key)} ${value} contradicts ${printable(path)}, which was trained with ${saved}: omit it`,
    );
  }
}
