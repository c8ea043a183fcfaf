import { allocated } from '../allocate.ts';
import { arrayKind, isFloatArray, isNumberArray } from '../arrayKind.ts';
import { integer, type Names, options } from '../check.ts';
import { Lanes } from '../data/lanes.ts';
import { ArgumentError } from '../errors.ts';
import type { Model } from '../model/graph/model.ts';
import type { Named } from '../model/graph/named.ts';
import type { Sequential } from '../model/sequential.ts';
import type { StepOptions, Trainer } from '../model/trainer.ts';
import type { Given, Signal } from '../ndarray.ts';
import type { Batch, Corpus, FitResult, Progress } from './types.ts';

/** A trainer of any model. */
export type AnyTrainer = Trainer<Sequential | Model>;

/** Maximum time between reading messages, in ms; at least one update is made in between. */
const TURN_MS = 5;
/** Default time between progress events, in ms. */
const PROGRESS_MS = 100;

/** A source of batches; `undefined` ends it. Returns a promise if batches come from messages. */
export interface Source {
  next(): Batch | undefined | Promise<Batch | undefined>;
}

/** Next-token batches of a corpus. The position follows from the number of updates made. */
export class CorpusSource implements Source {
  readonly batches: number;
  readonly #lanes: Lanes;
  readonly #trainer: AnyTrainer;
  readonly #last: number;

  /** @throws {ArgumentError} if a number is out of range, or the data are not integers longer than one sequence */
  constructor(trainer: AnyTrainer, corpus: Corpus) {
    const { data, stepsPerSequence, batch, updates } = options('fit', corpus, CORPUS);
    integer('stepsPerSequence', stepsPerSequence, 1);
    integer('batch', batch, 1);
    this.batches = integer('updates', updates, 0) * trainer.accumulate;
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
    this.#trainer = trainer;
    this.#last = trainer.batches + this.batches;
  }

  next(): Batch | undefined {
    // a batch that was skipped is not read again
    const at = this.#trainer.batches;
    return at < this.#last ? this.#lanes.read(at) : undefined;
  }
}

const CORPUS: Names<Corpus> = {
  data: true,
  stepsPerSequence: true,
  batch: true,
  updates: true,
};

/** Batches received as messages. */
export class Inbox implements Source {
  readonly #waiting: (Batch | undefined)[] = [];
  readonly #ask: () => void;
  #wake: ((batch: Batch | undefined) => void) | undefined;

  /** `ask` requests one more batch; `ahead` batches are requested in advance. */
  constructor(ask: () => void, ahead: number) {
    this.#ask = ask;
    for (let i = 0; i < ahead; i++) ask();
  }

  /** `undefined` ends them. */
  put(batch: Batch | undefined): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake) wake(batch);
    else this.#waiting.push(batch);
  }

  next(): Promise<Batch | undefined> | Batch | undefined {
    this.#ask();
    if (this.#waiting.length) return this.#waiting.shift();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export interface FitRequest {
  readonly source: Source;
  /** Total number of batches, if known. */
  readonly batches: number | undefined;
  /** Updates between progress events. */
  readonly progressEvery: number | undefined;
  /** Options of each step. */
  readonly stepOptions: StepOptions | undefined;
  readonly progress: (progress: Progress) => void;
}

/** Runs updates and reads the worker's messages in between. */
export class Fit {
  readonly #trainer: AnyTrainer;
  readonly #request: FitRequest;
  #stopped = false;
  #paused: boolean;
  #wake: (() => void) | undefined;
  /** ms. */
  #pauses = 0;

  constructor(trainer: AnyTrainer, request: FitRequest, paused: boolean) {
    this.#trainer = trainer;
    this.#request = request;
    this.#paused = paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  /** Stops after the current update. */
  stop(): void {
    this.#stopped = true;
    this.resume();
    if (this.#request.source instanceof Inbox) this.#request.source.put(undefined);
  }

  async run(): Promise<FitResult> {
    const { source, batches, progressEvery, stepOptions, progress } = this.#request;
    const trainer = this.#trainer;
    const start = performance.now();
    const seconds = () => (performance.now() - start - this.#pauses) / 1000;
    let [made, updates, sum, skipped, tokens] = [0, 0, 0, 0, 0];
    let losses: number[] = [];
    let told = start;
    let read = start;
    let last: Progress | undefined;
    for (;;) {
      if (performance.now() - read > TURN_MS || this.#paused) {
        await messages();
        await this.#pause();
        read = performance.now();
      }
      if (this.#stopped) break;
      let batch = source.next();
      if (batch instanceof Promise) {
        batch = await batch;
        await this.#pause();
        read = performance.now();
      }
      if (!batch || this.#stopped) break;
      const { x, y, options: given = stepOptions } = batch;
      const result = trainer.step(x, y, given);
      made++;
      if (result.skipped) skipped++;
      else sum += result.loss;
      if (!result.skipped && result.accumulated === undefined) updates++;
      losses.push(result.loss);
      tokens += rowsOf(trainer, x);
      const now = performance.now();
      const due = progressEvery === undefined ? now - told >= PROGRESS_MS : made % progressEvery === 0;
      last = {
        ...result,
        step: trainer.steps,
        losses: [],
        tokensPerSecond: tokens / seconds(),
        secondsLeft: batches === undefined ? undefined : (seconds() / made) * (batches - made),
      };
      if (!due) continue;
      progress({ ...last, losses });
      losses = [];
      told = now;
    }
    if (last && losses.length) progress({ ...last, losses });
    return { updates, loss: sum / (made - skipped), skipped, seconds: seconds() };
  }

  async #pause(): Promise<void> {
    const since = performance.now();
    while (this.#paused) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#pauses += performance.now() - since;
  }
}

/** Number of tokens T·B of a step's input; of several, of the largest. */
function rowsOf({ model }: AnyTrainer, x: Named<Given>): number {
  const { graph } = model as Partial<Model>;
  if (!graph || graph.single.input) return rowsIn(x as Given, model.network.input);
  const given = x as Readonly<Record<string, Given>>;
  return Math.max(...graph.inputs.map(({ name, value }) => rowsIn(given[name]!, graph.values[value]!.shape)));
}

function rowsIn(x: Given, { kind, size }: Signal): number {
  const { length } = 'data' in x ? x.data : x;
  return kind === 'indices' ? length : length / size;
}

const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };
/**
 * Browsers only: setTimeout would take 4 ms there. In Node a port reads up to 1000 messages at once and timers
 * starve.
 */
const self = setImmediate ? undefined : new MessageChannel();

/** Lets pending messages be read. */
function messages(): Promise<void> {
  return new Promise((resolve) => {
    if (!self) {
      setImmediate!(resolve);
      return;
    }
    self.port1.onmessage = () => resolve();
    self.port2.postMessage(undefined);
  });
}
