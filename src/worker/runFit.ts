import { boolean, callable, integer, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { toBytes } from '../io/parse.ts';
import { checkpointOf, FIT, signalOf, VALIDATION } from '../model/fit/prepareFit.ts';
import { progressLines } from '../model/fit/progressLines.ts';
import type { FitData, FitResult, Progress, ValidationResult } from '../model/trainer.ts';
import type { Channel } from './channel.ts';
import { Outbox, type Role, type Wanted } from './outbox.ts';
import { isPlain } from './portable.ts';
import type { Notice } from './protocol.ts';
import type { WorkerFitOptions, WorkerValidationOptions } from './types.ts';

const WORKER_FIT: Names<WorkerFitOptions> = { ...FIT, transfer: true };
const WORKER_VALIDATION: Names<WorkerValidationOptions> = { ...VALIDATION, transfer: true };

/** `WorkerTrainer.fit`: what stays here are functions, iterables and the signal. */
export async function runFit(
  channel: Channel,
  data: FitData,
  opts: WorkerFitOptions | undefined,
): Promise<FitResult> {
  const given = options('fit', opts, WORKER_FIT);
  const {
    onProgress,
    progress = false,
    signal,
    transfer = false,
    validation,
    checkpoint,
    resume,
    ...rest
  } = given;
  boolean('transfer', transfer);
  if (onProgress !== undefined) callable('onProgress', onProgress);
  const lines = boolean('progress', progress) ? progressLines() : undefined;
  const { every, save } = checkpointOf(checkpoint);
  signalOf(signal);
  checkMetrics(rest.metrics);
  const epochs = integer('epochs', rest.epochs ?? 1, 1);
  const outbox = new Outbox(epochs, rest.batchSize, data, validation);
  const call = new BatchCall(channel, outbox, transfer);
  let listens = true;
  let saves = Promise.resolve<unknown>(undefined);
  const failed = (error: unknown) => {
    listens = false;
    call.stop(error);
  };
  const notice = async ({ kind, value }: Notice) => {
    if (!listens) return;
    try {
      if (kind === 'checkpoint') {
        saves = saves.then(() => save!(value as Uint8Array<ArrayBuffer>));
        await saves;
        return;
      }
      lines?.(value as Progress);
      await onProgress?.(value as Progress);
    } catch (error) {
      failed(error);
    }
  };
  const abort = () => call.stop();
  signal?.addEventListener('abort', abort);
  try {
    const sent = {
      ...rest,
      // copied even if others are transferred
      ...(resume === undefined ? {} : { resume: toBytes(resume, 'resume').slice() }),
      ...(outbox.has('validation') || validation === undefined ? {} : { validation }),
      ...(save ? { checkpoint: { every } } : {}),
    };
    const result = await call.run<FitResult>('fit', data, sent, notice, signal?.aborted);
    await saves.catch(failed);
    if (call.failure) throw call.failure.reason;
    return result;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** `WorkerTrainer.validate`. */
export function runValidation(
  channel: Channel,
  data: FitData,
  opts: WorkerValidationOptions | undefined,
): Promise<ValidationResult> {
  const { transfer = false, ...rest } = options('validate', opts, WORKER_VALIDATION);
  boolean('transfer', transfer);
  checkMetrics(rest.metrics);
  const outbox = new Outbox(1, rest.batchSize, data, undefined);
  return new BatchCall(channel, outbox, transfer).run('validate', data, rest, () => {});
}

/** A call that asks for batches while it runs. */
class BatchCall {
  failure: { readonly reason: unknown } | undefined;
  readonly #channel: Channel;
  readonly #outbox: Outbox;
  readonly #transfer: boolean;
  #isOver = false;

  constructor(channel: Channel, outbox: Outbox, transfer: boolean) {
    this.#channel = channel;
    this.#outbox = outbox;
    this.#transfer = transfer;
  }

  /** Stops the fit after the current step; given an error, the fit rejects with it. */
  stop(...error: [unknown?]): void {
    if (error.length) this.failure ??= { reason: error[0] };
    // rejects if the worker has ended; then the fit rejects, too
    if (!this.#isOver) this.#channel.call('stop').catch(() => {});
  }

  async run<T>(
    name: 'fit' | 'validate',
    data: FitData,
    opts: object,
    notice: (notice: Notice) => void,
    isStopped?: boolean | undefined,
  ): Promise<T> {
    const roles = (['data', 'validation'] as const).filter((role: Role) => this.#outbox.has(role));
    // one at a time, even if several are requested at once
    let brought = Promise.resolve();
    const args = {
      data: roles.includes('data') ? undefined : data,
      options: opts,
      sent: { roles, isStopped },
    };
    try {
      const answer = this.#channel.call<T>(name, args, this.#transfer, (event, id) => {
        if (event.kind !== 'more') notice(event);
        else brought = brought.then(() => this.#bring(id, event.value as Wanted));
      });
      return await answer;
    } catch (error) {
      throw this.failure ? this.failure.reason : error;
    } finally {
      this.#isOver = true;
      this.#outbox.stop();
    }
  }

  async #bring(id: number, wanted: Wanted): Promise<void> {
    if (this.#isOver || this.failure) return;
    try {
      const batch = await this.#outbox.next(wanted);
      if (!this.#isOver) await this.#channel.call('batch', { id, wanted, batch }, this.#transfer);
    } catch (reason) {
      this.failure ??= { reason };
      // in turn: batches sent before are used
      if (!this.#isOver) this.#channel.call('batch', { id, wanted, batch: 'failed' }).catch(() => {});
    }
  }
}

/** @throws {ArgumentError} unless metrics are plain data */
export function checkMetrics(given: WorkerValidationOptions['metrics'], of = 'metrics'): void {
  const what = "a name, { name, …options } or { exposed: 'name' }";
  const check = (argument: string, list: unknown) => {
    if (!Array.isArray(list)) throw new ArgumentError(argument, 'a list of metrics', list);
    for (const [i, one] of list.entries()) {
      const plain =
        typeof one === 'string' || (isPlain(one) && Object.values(one).every((v) => typeof v !== 'function'));
      if (!plain) throw new ArgumentError(`${argument}[${i}]`, what, one);
    }
  };
  if (given === undefined) return;
  if (Array.isArray(given) || !isPlain(given)) check(of, given);
  else for (const [name, list] of Object.entries(given)) check(`${of}.${name}`, list);
}
