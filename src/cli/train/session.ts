import { createHash } from 'node:crypto';
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
import { CorpusBatches } from '../../model/corpusBatches.ts';
import { type CharacterModel, characterMetadata, type Training } from '../characterModel.ts';
import { CliError } from '../failure.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import type { Best } from './best.ts';
import { Losses } from './losses.ts';
import { hasSettings, makeLayers, type Settings } from './settings.ts';

/** Steps in which the learning rate rises. */
const WARMUP = 50;
/** What is left of the learning rate after `decay` steps. */
const FLOOR = 0.1;
/** Second moments forget sooner than by default: runs are short. */
const BETAS = [0.9, 0.99] as const;

/** A character model in training: truncated BPTT with carried states over a text, from a start or from a file. */
export class Session {
  readonly settings: Settings;
  readonly vocabulary: Vocabulary;
  readonly losses: Losses;
  readonly model: Sequential;
  readonly trainer: Trainer;
  /** What memory training takes; a step takes it. */
  readonly plan: PlanReport;
  /** The lowest validation loss so far. */
  best: Best | undefined;
  readonly #kernels: KernelBuild;
  readonly #text: Training['text'];
  readonly #corpus: CorpusBatches;

  /**
   * A new model, or one to continue with.
   * @throws {CliError} a text shorter than one sequence and the character after it
   * @throws {MemoryError} sizes beyond 2 GiB
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
    this.vocabulary = Vocabulary.of(text);
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
    this.#corpus = new CorpusBatches(tokens, seqLen, batch);
  }

  /**
   * Continues a run bit for bit, on the same kernels. Sizes that the settings claim are compared with the tensors before
   * memory of that size is taken.
   * @throws {CliError} another text, settings that are not those of the model
   * @throws {FormatError} a file without the state of its training
   */
  static resume(text: string, file: CharacterModel, bytes: Uint8Array, kernels: KernelBuild): Session {
    const { vocabulary, training } = file;
    if (!training) throw new CliError('a model without the state of its training');
    const { settings, losses, best, step } = training;
    if (fingerprint(text) !== training.text.sha256 || vocabulary.size !== Vocabulary.of(text).size) {
      throw new CliError('the model was trained on another text, or this one has changed since');
    }
    // the file's tensors bound its layers; its settings are only compared with them
    const model = Sequential.load(bytes);
    if (!hasSettings(model.layers, settings, vocabulary.size)) {
      throw new CliError('the settings of its training contradict its layers');
    }
    const session = new Session(text, settings, kernels, losses, model);
    session.trainer.restore(bytes);
    if (session.step !== step) throw new CliError('the numbers of its steps contradict each other');
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

  /** One update. @throws {CliError} a loss or gradients that are not finite */
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

  /** Whether the next sequence has a finite loss: parameters that have diverged give none. */
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
   * How the gradient of the next sequence's last loss flows back through all of it. That of all losses would not tell how
   * far it reaches: at each step new gradient comes in, most of which soon fades. Training goes on as if nothing had been.
   */
  flow(): Flow {
    const { seqLen, batch } = this.settings;
    const { x, y } = this.#corpus.read(this.step);
    y.data.fill(this.trainer.loss.ignoreIndex, 0, (seqLen - 1) * batch);
    return this.trainer.flow(x, y);
  }

  /** The file from which the run continues, and which `generate` reads. `steps`: updates the run was to make. */
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
