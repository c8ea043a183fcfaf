import { ArgumentError } from '../../errors.ts';
import { type Given, widthOf } from '../../ndarray.ts';
import { followsMetric } from '../../optim/plateau.ts';
import type { Named } from '../graph/named.ts';
import type { StepOptions, StepResult } from '../trainerTypes.ts';
import type { FullTraining } from '../training/fullTraining.ts';
import { batchOptions } from './batchOptions.ts';
import type { FitState } from './fitState.ts';
import type { Metrics } from './metrics.ts';
import { Pacer } from './pacer.ts';
import type { Ports } from './ports.ts';
import { nextOf, type Source } from './source.ts';
import type { Batch, EpochRecord, FitResult, Progress } from './types.ts';
import { validateOn } from './validate.ts';

/** Default time between progress events, in ms. */
const PROGRESS_MS = 100;

/** What a fit runs on. */
export interface FitHost {
  readonly training: FullTraining;
  /** undefined: it was given up, and changed nothing. */
  step(x: Named<Given>, y: Named<Given>, opts?: StepOptions): StepResult | Promise<StepResult | undefined>;
  resetState(): void;
  /** A checkpoint with the state of the fit. */
  save(): Uint8Array<ArrayBuffer>;
}

/** Checked options of a fit. */
export interface FitRequest {
  readonly source: Source;
  readonly ports: Ports;
  readonly epochs: number;
  readonly validation: Source | undefined;
  readonly metrics: Metrics;
  /** Key of the monitored metric; undefined for the loss. */
  readonly monitor: string | undefined;
  readonly mode: 'min' | 'max';
  readonly minDelta: number;
  readonly patience: number | undefined;
  readonly progressEvery: number | undefined;
  readonly stepOptions: StepOptions | undefined;
  readonly progress: ((progress: Progress) => unknown) | undefined;
  /** Steps between checkpoints; undefined: one per epoch. */
  readonly saveEvery: number | undefined;
  readonly save: ((bytes: Uint8Array<ArrayBuffer>) => unknown) | undefined;
}

/** Runs the epochs of a fit. */
export class FitRun {
  readonly pacer: Pacer;
  readonly #host: FitHost;
  readonly #request: FitRequest;
  readonly state: FitState;
  /** Of all steps of this run. */
  #made = 0;
  #updates = 0;
  #sum = 0;
  #skipped = 0;
  #tokens = 0;
  /** Steps of this run at the last checkpoint. */
  #saved = 0;
  #losses: number[] = [];
  #told = performance.now();
  #last: StepResult | undefined;
  readonly #total: number | undefined;

  constructor(host: FitHost, request: FitRequest, state: FitState, paused: boolean) {
    this.#host = host;
    this.#request = request;
    this.state = state;
    this.pacer = new Pacer(paused);
    const { source, epochs } = request;
    if (source.batches !== undefined) this.#total = source.batches * (epochs - state.epoch + 1) - state.at;
  }

  async run(): Promise<FitResult> {
    const { epochs, patience } = this.#request;
    const state = this.state;
    let stopped: FitResult['stopped'] = 'epochs';
    try {
      while (state.epoch <= epochs) {
        if (patience !== undefined && state.waiting >= patience) {
          stopped = 'patience';
          break;
        }
        if (!(await this.#epoch())) {
          stopped = 'aborted';
          if (this.#losses.length) await this.#tell('now');
          // over iterables only the checkpoint of an epoch's end goes on to the same bits
          if (this.#request.source.seekable && this.#saved !== this.#made) await this.#save();
          break;
        }
      }
    } finally {
      this.#request.source.stop();
    }
    if (state.best) state.weights?.restore();
    return {
      history: state.history,
      stopped,
      bestEpoch: state.best?.epoch,
      updates: this.#updates,
      loss: this.#sum / (this.#made - this.#skipped),
      skipped: this.#skipped,
      seconds: this.pacer.seconds,
    };
  }

  /** Runs the current epoch to its end; false if it was stopped. */
  async #epoch(): Promise<boolean> {
    const { source, saveEvery, validation, metrics } = this.#request;
    const { pacer } = this;
    const state = this.state;
    const since = pacer.seconds;
    if (state.at === 0 && state.epoch > 1 && !source.wraps) this.#host.resetState();
    source.start(state.epoch, state.at);
    for (;;) {
      const next = await pacer.between(() => nextOf(source));
      if (!next) return false;
      if (!next.batch) break;
      const made = this.#step(next.batch);
      const result = made instanceof Promise ? await made : made;
      if (!result) return false;
      this.#count(next.batch, result);
      if (saveEvery !== undefined && this.#made % saveEvery === 0) await this.#save();
      await this.#tell();
    }
    const validated =
      validation && (await validateOn(this.#host.training, validation, metrics, pacer, state.epoch));
    if (validation && !validated) return false;
    const record: EpochRecord = {
      epoch: state.epoch,
      loss: state.sum / state.counted,
      ...(validated ? { validationLoss: validated.loss } : {}),
      metrics: validated?.metrics ?? {},
      lr: state.lr,
      seconds: pacer.seconds - since,
    };
    const made = state.at;
    this.#end(record);
    if (saveEvery === undefined) await this.#save();
    await this.#tell(record, made);
    return true;
  }

  #step(batch: Batch): StepResult | Promise<StepResult | undefined> {
    return this.#host.step(batch.x, batch.y, batchOptions(batch, this.#request.stepOptions));
  }

  #count({ x }: Batch, result: StepResult): void {
    const state = this.state;
    const { ports } = this.#request;
    this.#made++;
    state.at++;
    state.lr = result.lr;
    if (result.skipped) this.#skipped++;
    else {
      this.#sum += result.loss;
      state.sum += result.loss;
      state.counted++;
      if (result.accumulated === undefined) this.#updates++;
    }
    this.#losses.push(result.loss);
    this.#tokens += tokensOf(ports, x);
    this.#last = result;
  }

  /** Ends the current epoch: what was reached is the best so far or not, and known to the schedule. */
  #end(record: EpochRecord): void {
    const { monitor, mode, minDelta } = this.#request;
    const state = this.state;
    const { validationLoss, loss, metrics, epoch } = record;
    const value = monitor === undefined ? (validationLoss ?? loss) : metrics[monitor];
    if (typeof value !== 'number') throw new ArgumentError('monitor', 'a metric that is a number', value);
    state.history = [...state.history, record];
    followsMetric(this.#host.training.options.schedule)?.report(value);
    if (validationLoss !== undefined) {
      const { best } = state;
      const gain = best ? (mode === 'min' ? best.value - value : value - best.value) : Infinity;
      if (!Number.isNaN(value) && gain > minDelta) {
        state.best = { epoch, value };
        state.waiting = 0;
        state.weights?.keep();
      } else state.waiting++;
    }
    state.epoch++;
    state.restartEpoch();
  }

  async #save(): Promise<void> {
    const { save } = this.#request;
    this.#saved = this.#made;
    if (save) await save(this.#host.save());
  }

  /** Tells the progress, if it is due: with the record of an epoch, `now`, or after some steps. made: steps of the epoch. */
  async #tell(why?: EpochRecord | 'now', made = this.state.at): Promise<void> {
    const { progress, progressEvery, epochs, source } = this.#request;
    if (!progress || !this.#last) return;
    const now = performance.now();
    const state = this.state;
    const record = why === 'now' ? undefined : why;
    const isLast = made === source.batches;
    const due =
      progressEvery === undefined ? now - this.#told >= PROGRESS_MS : this.#made % progressEvery === 0;
    // the last step of an epoch is told with its record
    if (!why && (!due || isLast)) return;
    this.#told = now;
    const losses = this.#losses;
    this.#losses = [];
    const { seconds } = this.pacer;
    const left = this.#total === undefined ? undefined : this.#total - this.#made;
    const told = progress({
      ...this.#last,
      step: this.#host.training.optimizer.steps,
      epoch: record?.epoch ?? state.epoch,
      epochs,
      batch: made,
      batches: source.batches,
      losses,
      tokensPerSecond: this.#tokens / seconds,
      secondsLeft: left === undefined ? undefined : (seconds / this.#made) * left,
      ...(record ? { record } : {}),
    });
    if (told instanceof Promise) await told;
  }
}

/** Number of tokens T·B of a step's input; of several, of the largest. */
function tokensOf({ inputs, single }: Ports, x: Named<Given>): number {
  if (single.input) return tokensIn(x as Given, inputs[0]!);
  const given = x as Readonly<Record<string, Given>>;
  return Math.max(...inputs.map((port) => tokensIn(given[port.name]!, port)));
}

function tokensIn(x: Given, port: Ports['inputs'][number]): number {
  const { length } = 'data' in x ? x.data : x;
  return length / widthOf(port);
}
