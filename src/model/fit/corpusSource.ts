import { allocated } from '../../allocate.ts';
import { arrayKind, isFloatArray, isNumberArray } from '../../arrayKind.ts';
import { integer, type Names, options } from '../../check.ts';
import { Lanes } from '../../data/lanes.ts';
import { ArgumentError } from '../../errors.ts';
import { Source } from './source.ts';
import type { Batch, Corpus } from './types.ts';

/** What tells how far training is. */
interface Position {
  readonly batches: number;
  readonly accumulate: number;
}

const CORPUS: Names<Corpus> = {
  data: true,
  stepsPerSequence: true,
  batch: true,
  updates: true,
};

/** Next-token batches of a corpus. The position follows from the number of batches read. */
export class CorpusSource extends Source {
  override readonly wraps = true;
  readonly batches: number;
  readonly #lanes: Lanes;
  readonly #position: Position;
  #last = 0;

  /** @throws {ArgumentError} if a number is out of range, or the data are not integers longer than one sequence */
  constructor(position: Position, corpus: Corpus, argument: string) {
    super();
    const { data, stepsPerSequence, batch, updates } = options(argument, corpus, CORPUS);
    integer('stepsPerSequence', stepsPerSequence, 1);
    integer('batch', batch, 1);
    this.batches = integer('updates', updates, 0) * position.accumulate;
    if (!isNumberArray(data) || isFloatArray(data)) {
      throw new ArgumentError('data', 'indices as Int32Array, Uint8Array or Uint16Array', data);
    }
    if (data.length <= stepsPerSequence) {
      throw new ArgumentError('data', `more than ${stepsPerSequence} indices, one sequence`, data);
    }
    const indices =
      arrayKind(data) === 'Int32Array'
        ? (data as Int32Array)
        : allocated(4 * data.length, () => Int32Array.from(data));
    this.#lanes = new Lanes(indices, { steps: stepsPerSequence, batch });
    this.#position = position;
  }

  start(_epoch: number, at: number): void {
    this.#last = this.#position.batches - at + this.batches;
  }

  next(): Batch | undefined {
    // a batch that was skipped is not read again
    const at = this.#position.batches;
    return at < this.#last ? this.#lanes.read(at) : undefined;
  }
}
