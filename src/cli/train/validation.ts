import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Lanes } from '../../data/lanes.ts';
import { CliError } from '../failure.ts';
import type { Session } from './session.ts';

/** Updates between validations. */
export const VALIDATE_EVERY = 100;
/** Maximum number of batches per validation. */
const BATCHES = 32;

/** Evaluates a run on a validation text: up to 32 batches, each from zero states. */
export class Validation {
  readonly #session: Session;
  readonly #corpus: Lanes;
  readonly #batches: number;
  readonly #sha256: string;
  /** The last loss, in nats per character. */
  loss: number | undefined;

  /** @throws {CliError} if the text is shorter than a sequence or has a character that is not in the vocabulary */
  constructor(session: Session, text: string) {
    const { seqLen, batch } = session.settings;
    const tokens = session.vocabulary.encode(text);
    if (tokens.length <= seqLen) {
      throw new CliError(
        `the validation text has ${tokens.length} characters, but one sequence of --seq-len ${seqLen} needs ${seqLen + 1}`,
      );
    }
    this.#session = session;
    this.#corpus = new Lanes(tokens, { steps: seqLen, batch });
    this.#batches = Math.min(BATCHES, Math.ceil(tokens.length / (seqLen * batch)));
    this.#sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
    // losses on different texts can't be compared
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
      const { x, y } = this.#corpus.read(i);
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
