import { setImmediate } from 'node:timers/promises';
import { checkLength, type Session } from './session.ts';
import type { SubjectBatches } from './subject.ts';

/** Updates between validations. */
export const VALIDATE_EVERY = 100;
/** Maximum number of batches per validation. */
const BATCHES = 32;

/** Evaluates a run on a validation text or table: up to 32 batches, each from zero states. */
export class Validation {
  readonly #session: Session;
  readonly #data: SubjectBatches;
  readonly #batches: number;
  readonly #sha256: string;
  /** The last loss, in the unit of the subject. */
  loss: number | undefined;

  /** @throws {CliError} if the text is shorter than a sequence or has a character or column that the run does not know */
  constructor(session: Session, text: string) {
    const { seqLen, batch } = session.settings;
    const { kind } = session.subject;
    const subject = session.subject.another(text);
    checkLength(subject, seqLen, `the validation ${kind}`);
    this.#session = session;
    this.#data = subject.batches(seqLen, batch);
    this.#batches = Math.min(BATCHES, Math.ceil(subject.source.size / (seqLen * batch)));
    this.#sha256 = subject.source.sha256;
    // losses on different data can't be compared
    if (session.best?.sha256 !== this.#sha256) session.best = undefined;
  }

  /**
   * Evaluates, unless a signal is received. Returns whether the loss is the lowest so far, and stores it in the
   * session.
   */
  async run(isStopped: () => boolean): Promise<boolean> {
    const session = this.#session;
    let sum = 0;
    for (let i = 0; i < this.#batches; i++) {
      const { x, y } = this.#data.read(i);
      sum += session.trainer.evaluate(x, y).loss;
      // lets signals run
      await setImmediate();
      if (isStopped()) return false;
    }
    this.loss = sum / this.#batches;
    if (!(this.loss < (session.best?.loss ?? Infinity))) return false;
    session.best = { step: session.step, loss: this.loss, sha256: this.#sha256 };
    return true;
  }
}
