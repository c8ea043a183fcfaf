import {
  AdamW,
  cosineLR,
  type Flow,
  type KernelBuild,
  NonFiniteError,
  type PlanReport,
  Sequential,
  type StepResult,
  Trainer,
  warmup,
} from '../../index.ts';
import { CliError } from '../failure.ts';
import { plural } from '../show.ts';
import type { Best } from './best.ts';
import { Losses } from './losses.ts';
import type { Settings } from './settings.ts';
import { hasSettings, type Subject, type SubjectBatches, UNITS } from './subject.ts';
import { type Trained, trainingMetadata } from './training.ts';

/** Warm-up steps of the learning rate. */
const WARMUP = 50;
/** Factor of the learning rate after `decay` steps. */
const FLOOR = 0.1;
/** beta2 is below the default because runs are short. */
const BETAS = [0.9, 0.99] as const;

/** Training: truncated BPTT with carried states over a text or a table, new or resumed from a file. */
export class Session {
  readonly settings: Settings;
  readonly subject: Subject;
  readonly losses: Losses;
  readonly model: Sequential;
  readonly trainer: Trainer;
  /** Memory required for training; allocated by the first step. */
  readonly plan: PlanReport;
  /** The lowest validation loss so far. */
  best: Best | undefined;
  readonly #kernels: KernelBuild;
  readonly #batches: SubjectBatches;

  /**
   * Creates a session for a new model.
   * @throws {CliError} if the subject is shorter than one sequence plus one step
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(
    subject: Subject,
    settings: Settings,
    kernels: KernelBuild,
    losses = new Losses(),
    model?: Sequential,
  ) {
    const { seqLen, batch, lr, decay, seed } = settings;
    this.settings = settings;
    this.losses = losses;
    this.#kernels = kernels;
    this.subject = subject;
    checkLength(subject, seqLen, `the ${subject.kind}`);
    this.model = model ?? new Sequential(subject.makeLayers(settings), { seed });
    this.trainer = new Trainer(this.model, {
      loss: subject.loss,
      optimizer: new AdamW({ lr, betas: BETAS }),
      clipNorm: 1,
      carryState: true,
      batch,
      schedule: warmup({ steps: WARMUP, after: cosineLR({ steps: decay, floor: FLOOR }) }),
    });
    this.plan = this.model.plan({ steps: seqLen, batch });
    this.#batches = subject.batches(seqLen, batch);
  }

  /**
   * Resumes a run, bit for bit with the same kernels. Sizes in the settings are checked against the tensors before
   * memory is allocated.
   * @throws {CliError} if the settings do not match the model
   * @throws {FormatError} if the file has no training state
   */
  static resume(subject: Subject, file: Trained, bytes: Uint8Array, kernels: KernelBuild): Session {
    const { settings, losses, best, step } = file.training;
    // layers are bounded by the file's tensors; the settings are only compared with them
    const model = Sequential.load(bytes);
    if (!hasSettings(model.layers, settings, subject)) {
      throw new CliError('its training settings do not match its layers');
    }
    const session = new Session(subject, settings, kernels, losses, model);
    session.trainer.restore(bytes);
    if (session.step !== step) throw new CliError('its step counts do not match');
    session.best = best;
    return session;
  }

  /** Updates made. */
  get step(): number {
    return this.trainer.steps;
  }

  /** Makes one update. @throws {CliError} if the loss or the gradients are not finite */
  advance(): StepResult {
    const { x, y } = this.#batches.read(this.step);
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
    const { x, y } = this.#batches.read(this.step);
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
    const { x, y } = this.#batches.read(this.step);
    const weights = new Float32Array(seqLen * batch).fill(1, (seqLen - 1) * batch);
    return this.trainer.flow(x, y, { weights });
  }

  /** The file to resume from, also read by `generate` and `forecast`. `steps`: total number of updates. */
  save(steps: number): Uint8Array {
    const { settings, step, losses, subject, best } = this;
    const { kind, source } = subject;
    const training = { kind, source, settings, step, steps, kernels: this.#kernels, losses, best };
    return this.trainer.save({ ...subject.metadata, ...trainingMetadata(training) });
  }
}

/** @throws {CliError} if it has no sequence and the step after it; `name`: in the message */
export function checkLength({ kind, source }: Subject, seqLen: number, name: string): void {
  const { size } = source;
  if (size > seqLen) return;
  const fits = size > 1 ? `; --seq-len ${size - 1} or less fits` : '';
  throw new CliError(
    `${name} has ${plural(size, UNITS[kind].step)}, but one sequence of --seq-len ${seqLen} needs ${seqLen + 1}${fits}`,
  );
}
