import { show } from '../errors.ts';
import type { KernelBuild } from '../index.ts';
import { CliError } from './failure.ts';
import { readTensors, shown } from './files.ts';
import { Vocabulary } from './text/vocabulary.ts';
import { type Best, readBest } from './train/best.ts';
import { Losses } from './train/losses.ts';
import { readSettings, type Settings } from './train/settings.ts';

/** Metadata of a character model, besides its layers. */
export interface CharacterModel {
  /** Key `vocabulary`: its characters as one string. */
  readonly vocabulary: Vocabulary;
  /** Key `training`: JSON; undefined if the file was not saved by `train`. */
  readonly training: Training | undefined;
}

/** The saved state of a run. The position in the text follows from `step`. */
export interface Training {
  readonly settings: Settings;
  /** Updates made. */
  readonly step: number;
  /** Total number of updates. */
  readonly steps: number;
  readonly kernels: KernelBuild;
  readonly text: { readonly sha256: string; readonly characters: number };
  readonly losses: Losses;
  /** Set with --val. */
  readonly best?: Best | undefined;
}

const VERSION = 1;

export function characterMetadata(vocabulary: Vocabulary, training: Training): Record<string, string> {
  return {
    vocabulary: vocabulary.toString(),
    training: JSON.stringify({ version: VERSION, ...training }),
  };
}

/** @throws {CliError} if the file is not a character model; the message starts with `path` */
export function readCharacterModel(bytes: Uint8Array, path: string): CharacterModel {
  const { metadata } = readTensors(bytes, path);
  try {
    if (metadata.unrolled === undefined)
      throw new CliError('a safetensors file, but not a model saved by unrolled');
    if (metadata.vocabulary === undefined) throw new CliError('the model has no character vocabulary');
    const vocabulary = Vocabulary.parse(metadata.vocabulary);
    return { vocabulary, training: readTraining(metadata.training) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`${shown(path)}: ${error.message}`, 1, { cause: error });
  }
}

function readTraining(text: string | undefined): Training | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CliError('its training state is not valid JSON');
  }
  const saved = (json ?? {}) as Training & { version: unknown };
  if (saved.version !== VERSION) {
    throw new CliError(`its training state: expected version ${VERSION}, got ${show(saved.version)}`);
  }
  const settings = readSettings(saved.settings);
  const losses = Losses.from(saved.losses);
  const { step, steps, kernels, text: trained } = saved;
  const whole = [step, steps, trained?.characters].every((n) => Number.isSafeInteger(n) && n! >= 0);
  const known = (kernels === 'simd' || kernels === 'relaxed') && typeof trained?.sha256 === 'string';
  if (!settings || !losses || !whole || !known) throw new CliError('its training state is damaged');
  const best = readBest(saved.best);
  return { settings, step, steps, kernels, text: trained, losses, ...(best ? { best } : {}) };
}
