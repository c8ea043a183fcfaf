import { createHash } from 'node:crypto';
import { Lanes } from '../../data/lanes.ts';
import {
  AdamW,
  cosineLR,
  crossEntropy,
  type Flow,
  type KernelBuild,
  NonFiniteError,
  type PlanReport,
  Sequential,
  type StepResult,
  Trainer,
  warmup,
} from '../../index.ts';
import { type CharacterModel, characterMetadata, type Training } from '../characterModel.ts';
import { CliError } from '../failure.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import type { Best } from './best.ts';
import { Losses } from './losses.ts';
import { hasSettings, makeLayers, type Settings } from './settings.ts';

/** Warm-up steps of the learning rate. */
const WARMUP = 50;
/** Factor of the learning rate after `decay` steps. */
const FLOOR = 0.1;
/** beta2 is below the default because runs are short. */
const BETAS = [0.9, 0.99] as const;

/** Training of a character model: truncated BPTT with carried states over a text, new or resumed from a file. */
export class Session {
  readonly settings: Settings;
  readonly vocabulary: Vocabulary;
  readonly losses: Losses;
  readonly model: Sequential;
  readonly trainer: Trainer;
  /** Memory required for training; allocated by the first step. */
  readonly plan: PlanReport;
  /** The lowest validation loss so far. */
  best: Best | undefined;
  readonly #kernels: KernelBuild;
  readonly #text: Training['text'];
  readonly #corpus: Lanes;

  /**
   * Creates a session for a new model.
   * @throws {CliError} if the text is shorter than one sequence plus one character
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(
    text: string,
    settings: Settings,
    kernels: KernelBuild,
    losses = new Losses(),
    model?: Sequential,
  ) {
    const { seqLen, batch, lr, decay, seed } = settings;
    this.settings = settings;
    this.losses = losses;
    this.#kernels = kernels;
    this.vocabulary = new Vocabulary(text);
    const tokens = this.vocabulary.encode(text);
    checkLength(tokens.length, seqLen);
    this.#text = { sha256: fingerprint(text), characters: tokens.length };
    this.model = model ?? new Sequential(makeLayers(settings, this.vocabulary.size), { seed });
    this.trainer = new Trainer(this.model, {
      loss: crossEntropy,
      optimizer: new AdamW({ lr, betas: BETAS }),
      clipNorm: 1,
      carryState: true,
      batch,
      schedule: warmup({ steps: WARMUP, after: cosineLR({ steps: decay, floor: FLOOR }) }),
    });
    this.plan = this.model.plan({ steps: seqLen, batch });
    this.#corpus = new Lanes(tokens, { steps: seqLen, batch });
  }

  /**
   * Resumes a run, bit for bit with the same kernels. Sizes in the settings are checked against the tensors before
   * memory is allocated.
   * @throws {CliError} if the text differs or the settings do not match the model
   * @throws {FormatError} if the file has no training state
   */
  static resume(text: string, file: CharacterModel, bytes: Uint8Array, kernels: KernelBuild): Session {
    const { vocabulary, training } = file;
    if (!training) throw new CliError('the model has no training state');
    const { settings, losses, best, step } = training;
    if (fingerprint(text) !== training.text.sha256 || vocabulary.size !== new Vocabulary(text).size) {
      throw new CliError('the model was trained on a different text, or the text has changed since');
    }
    // layers are bounded by the file's tensors; the settings are only compared with them
    const model = Sequential.load(bytes);
    if (!hasSettings(model.layers, settings, vocabulary.size)) {
      throw new CliError('its training settings do not match its layers');
    }
    const session = new Session(text, settings, kernels, losses, model);
    session.trainer.restore(bytes);
    if (session.step !== step) throw new CliError('its step counts do not match');
    session.best = best;
    return session;
  }

  /** Updates made. */
  get step(): number {
    return this.trainer.steps;
  }

  get characters(): number {
    return this.#text.characters;
  }

  /** Makes one update. @throws {CliError} if the loss or the gradients are not finite */
  advance(): StepResult {
    const { x, y } = this.#corpus.read(this.step);
    try {
      const result = this.trainer.step(x, y);
      this.losses.add(result.loss);
      return result;
    } catch (error) {
      throw error instanceof NonFiniteError ? this.diverged() : error;
    }
  }

  /** Whether the loss of the next sequence is finite, that is, the parameters have not diverged. */
  isFinite(): boolean {
    const { x, y } = this.#corpus.read(this.step);
    return Number.isFinite(this.trainer.evaluate(x, y).loss);
  }

  /** @throws {CliError} */
  diverged(): never {
    const { lr } = this.settings;
    throw new CliError(`training diverged at step ${this.step}; try a learning rate below --lr ${lr}`);
  }

  /**
   * How the gradient of the next sequence's last loss flows back through the sequence. The gradient of all losses
   * would not show how far it reaches, since every step adds new gradient. Training is not affected.
   */
  flow(): Flow {
    const { seqLen, batch } = this.settings;
    const { x, y } = this.#corpus.read(this.step);
    y.data.fill(this.trainer.loss.ignoreIndex, 0, (seqLen - 1) * batch);
    return this.trainer.flow(x, y);
  }

  /** The file to resume from, also read by `generate`. `steps`: total number of updates. */
  save(steps: number): Uint8Array {
    const { settings, step, losses, vocabulary, best } = this;
    const training = { settings, step, steps, kernels: this.#kernels, text: this.#text, losses, best };
    return this.trainer.save(characterMetadata(vocabulary, training));
  }
}

function checkLength(characters: number, seqLen: number): void {
  if (characters > seqLen) return;
  throw new CliError(
    `the text has ${characters} characters, but one sequence of --seq-len ${seqLen} needs ${seqLen + 1}`,
  );
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
