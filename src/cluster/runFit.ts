import { ArgumentError } from '../errors.ts';
import type { EpochRecord, FitData, FitOptions, FitResult } from '../model/trainer.ts';
import { Trainer } from '../model/trainer.ts';
import { init } from '../wasm/inlined.ts';
import { type Exposed, loadModel, madeOptions } from '../worker/exposed.ts';
import { identityOf } from './identity.ts';
import type { FitSpec, Outcome, TaskSpec } from './jobs.ts';

/** A function that a `Sweep` runs in a thread of a worker: gives what it is compared by, and what else is kept. */
export type SweepTask = (
  // biome-ignore lint/suspicious/noExplicitAny: options are the user's own
  options: any,
) => Omit<Outcome, 'refused'> | Promise<Omit<Outcome, 'refused'>>;

/** Trains a small model from beginning to end. */
export async function runFit(
  { identity, kernels, model, options, fit }: FitSpec,
  data: FitData,
  exposed: Exposed,
): Promise<Outcome | { readonly refused: string }> {
  await init({ kernels });
  const loaded = loadModel(model, exposed.layers);
  try {
    const own = await identityOf(kernels, loaded.save());
    if (own !== identity) return { refused: own };
    const trainer = new Trainer(loaded, madeOptions(loaded, options, exposed));
    const result = await trainer.fit(data, fit);
    return { value: monitored(result, fit), result, model: loaded.save() };
  } finally {
    loaded.dispose();
  }
}

/** The monitored value of the best epoch, or of the last one where there is no validation. */
function monitored({ history, bestEpoch, loss }: FitResult, { monitor = 'loss' }: FitOptions): number {
  const record: EpochRecord | undefined = bestEpoch === undefined ? history.at(-1) : history[bestEpoch - 1];
  if (!record) return loss;
  return monitor === 'loss' ? (record.validationLoss ?? record.loss) : (record.metrics[monitor] as number);
}

/** Runs a task of the thread's own script. @throws {ArgumentError} if it has none of this name, or the task gives no value */
export async function runTask(
  { identity, kernels, task, options }: TaskSpec,
  tasks: Readonly<Record<string, SweepTask>>,
): Promise<Outcome | { readonly refused: string }> {
  const own = await identityOf(kernels);
  if (own !== identity) return { refused: own };
  if (!Object.hasOwn(tasks, task)) {
    const known = Object.keys(tasks).join(', ') || 'none';
    throw new ArgumentError('task', `a task that the worker's thread exposes (${known})`, task);
  }
  await init({ kernels });
  const { value, result, model } = ((await tasks[task]!(options)) ?? {}) as Partial<Outcome>;
  if (typeof value !== 'number') throw new ArgumentError(`${task}().value`, 'a number', value);
  if (model !== undefined && !(model instanceof Uint8Array))
    throw new ArgumentError(`${task}().model`, 'the bytes of a saved model', model);
  return { value, result, model };
}
