import { FormatError, type KernelBuild } from '../../index.ts';
import { type CharacterModel, readCharacterModel } from '../characterModel.ts';
import { CliError, printable } from '../failure.ts';
import { readBytes } from '../files.ts';
import { loadKernels } from '../kernels.ts';
import { plural } from '../show.ts';
import { Session } from './session.ts';
import { DEFAULT_STEPS, DEFAULTS, optionName, type Settings } from './settings.ts';

/** What was given on the command line, nothing else. */
export interface TrainOptions extends Partial<Settings> {
  readonly steps?: number;
  readonly out?: string;
  /** `true`: the file of `out`. */
  readonly resume?: string | true;
  /** A text to validate on. */
  readonly val?: string;
  /** Seconds from one save to the next. */
  readonly saveEvery?: number;
  readonly kernels?: KernelBuild;
  readonly revectorize?: boolean;
  /** Updates from one look at the gradient's flow to the next; without it there is none. */
  readonly flow?: number;
  /** Of the passage at the end. */
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
}

/** A run, before its first update. */
export interface Run {
  readonly session: Session;
  /** Updates in the end. */
  readonly steps: number;
  readonly kernels: KernelBuild;
}

/** A run from its beginning. */
export async function start(text: string, options: TrainOptions): Promise<Run> {
  const settings: Settings = { ...DEFAULTS, ...given(options) };
  const kernels = await loadKernels(options.kernels ?? 'auto', options.revectorize);
  return { session: new Session(text, settings, kernels), steps: options.steps ?? DEFAULT_STEPS, kernels };
}

/** A run that goes on. @throws {CliError} settings that contradict the file's, no more steps to make */
export async function resumed(
  path: string,
  text: string,
  options: TrainOptions,
  warn: (line: string) => void,
): Promise<Run> {
  const bytes = readBytes(path);
  const file = readCharacterModel(bytes, path);
  const { training } = file;
  if (!training) throw new CliError(`${printable(path)}: a model without the state of its training`);
  checkSame(given(options), training.settings, path);
  const steps = options.steps ?? training.steps;
  if (training.step >= steps) {
    const made = plural(training.step, 'step');
    throw new CliError(`${printable(path)} has made ${made} already: give --steps, the total, above that`);
  }
  const kernels = await loadKernels(options.kernels ?? 'auto', options.revectorize);
  const same =
    kernels === training.kernels || options.kernels
      ? kernels
      : await trainedOn(training.kernels, options.revectorize);
  if (same !== training.kernels) {
    warn(`Trained on ${training.kernels} kernels so far, on ${same} from here: close, but not bit for bit`);
  }
  return { session: load(path, text, file, bytes, same), steps, kernels: same };
}

/** The kernels of a run where the engine has them, else those it has. */
async function trainedOn(kernels: KernelBuild, revectorize?: boolean): Promise<KernelBuild> {
  return loadKernels(kernels === 'simd' ? 'simd' : 'auto', revectorize);
}

function load(path: string, text: string, file: CharacterModel, bytes: Uint8Array, kernels: KernelBuild) {
  try {
    return Session.resume(text, file, bytes, kernels);
  } catch (error) {
    if (!(error instanceof CliError || error instanceof FormatError)) throw error;
    throw new CliError(`${printable(path)}: ${error.message}`, 1, { cause: error });
  }
}

/** Settings that were given. */
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
      `${optionName(key)} ${value} contradicts ${printable(path)}, which was trained with ${saved}: leave it out`,
    );
  }
}
