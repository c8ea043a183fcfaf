import { show } from '../errors.ts';
import type { KernelBuild } from '../index.ts';
import { CliError } from './failure.ts';
import { readTensors, shown } from './files.ts';
import { Vocabulary } from './text/vocabulary.ts';
import { type Best, readBest } from './train/best.ts';
import { Losses } from './train/losses.ts';
import { readSettings, type Settings } from './train/settings.ts';

/** What a model file says beside its layers, under these keys of its metadata. */
export interface CharacterModel {
  /** `vocabulary`: its characters, one after the other. */
  readonly vocabulary: Vocabulary;
  /** `training`: JSON; undefined in a file of another origin. */
  readonly training: Training | undefined;
}

/** A run as it is saved. The place in the text follows from `step`. */
export interface Training {
  readonly settings: Settings;
  /** Updates made. */
  readonly step: number;
  /** Updates the run was to make. */
  readonly steps: number;
  readonly kernels: KernelBuild;
  readonly text: { readonly sha256: string; readonly characters: number };
  readonly losses: Losses;
  /** With --val. */
  readonly best?: Best | undefined;
}

const VERSION = 1;

export function characterMetadata(vocabulary: Vocabulary, training: Training): Record<string, string> {
  return {
    vocabulary: vocabulary.toString(),
    training: JSON.stringify({ version: VERSION, ...training }),
  };
}

/** @throws {CliError} a file that is no character model; `path` names it */
export function readCharacterModel(bytes: Uint8Array, path: string): CharacterModel {
  const { metadata } = readTensors(bytes, path);
  try {
    if (metadata.unrolled === undefined) throw new CliError('a safetensors file, but no model of unrolled');
    if (metadata.vocabulary === undefined) throw new CliError('a model without a vocabulary of characters');
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
    throw new CliError('the state of its training is no JSON');
  }
  const saved = (json ?? {}) as Training & { version: unknown };
  if (saved.version !== VERSION) {
    throw new CliError(
      `the state of its training has version ${show(saved.version)}, where ${VERSION} was expected`,
    );
  }
  const settings = readSettings(saved.settings);
  const losses = Losses.from(saved.losses);
  const { step, steps, kernels, text: trained } = saved;
  const whole = [step, steps, trained?.characters].every((n) => Number.isSafeInteger(n) && n! >= 0);
  const known = (kernels === 'simd' || kernels === 'relaxed') && typeof trained?.sha256 === 'string';
  if (!settings || !losses || !whole || !known) throw new CliError('the state of its training is damaged');
  const best = readBest(saved.best);
  return { settings, step, steps, kernels, text: trained, losses, ...(best ? { best } : {}) };
}
