import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CorpusBatches } from '../../model/corpusBatches.ts';
import { CliError } from '../failure.ts';
import type { Session } from './session.ts';

/** Updates from one validation to the next. */
export const VALIDATE_EVERY = 100;
/** Batches that a validation reads at most. */
const BATCHES = 32;

/** Measures a run on a text that it is not trained on: up to 32 batches, each from zero states. */
export class Validation {
  readonly #session: Session;
  readonly #corpus: CorpusBatches;
  readonly #batches: number;
  readonly #sha256: string;
  /** The last loss, nats per character. */
  loss: number | undefined;

  /** @throws {CliError} a text shorter than a sequence, or with a character that the model does not know */
  constructor(session: Session, text: string) {
    const { seqLen, batch } = session.settings;
    const tokens = session.vocabulary.encode(text);
    if (tokens.length <= seqLen) {
      throw new CliError(
        `the validation text has ${tokens.length} characters, but one sequence of --seq-len ${seqLen} needs ${seqLen + 1}`,
      );
    }
    this.#session = session;
    this.#corpus = new CorpusBatches(tokens, seqLen, batch);
    this.#batches = Math.min(BATCHES, Math.ceil(tokens.length / (seqLen * batch)));
    this.#sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
    // losses on another text can't be compared
    if (session.best?.sha256 !== this.#sha256) session.best = undefined;
  }

  /** Measures, unless a signal comes; gives whether the loss is the lowest so far, which the session then knows. */
  async run(isStopped: () => boolean): Promise<boolean> {
    const session = this.#session;
    let sum = 0;
    for (let i = 0; i < this.#batches; i++) {
      const { x, y } = this.#corpus.read(i);
      sum += session.trainer.evaluate(x, y).loss;
      // lets signals in
      await setImmediate();
      if (isStopped()) return false;
    }
    this.loss = sum / this.#batches;
    if (!(this.loss < (session.best?.loss ?? Infinity))) return false;
    session.best = { step: session.step, loss: this.loss, sha256: this.#sha256 };
    return true;
  }
}
