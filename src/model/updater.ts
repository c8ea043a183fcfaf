import { callable, finite, instance, type Names, number, options, reading } from '../check.ts';
import { ArgumentError, FormatError, NonFiniteError, StateError } from '../errors.ts';
import { Optimizer } from '../optim/optimizer.ts';
import { followsMetric, reportTo, resumed } from '../optim/plateau.ts';
import type { Schedule } from '../optim/schedules.ts';
import { Summarized } from '../summary.ts';
import { ModelBase } from './core/modelBase.ts';
import { readCheckpoint, writeCheckpoint } from './core/save.ts';
import { taken } from './core/trainerBase.ts';
import { described } from './described.ts';
import { FILES } from './files.ts';
import type { OptimizerDescription, ScheduleDescription } from './fromDescription.ts';
import type { Model } from './graph/model.ts';
import type { Sequential } from './sequential.ts';
import type { FullProgress } from './training/types.ts';

/** Options of an `Updater`. */
export interface UpdaterOptions {
  /** An optimizer of this package, which can't be shared; or by name, `'adamw'` or `{ name: 'adamw', lr: 1e-3 }`. */
  readonly optimizer: Optimizer | OptimizerDescription;
  /** Maximum norm of the gradients of all models together, as torch.nn.utils.clip_grad_norm_. */
  readonly clipNorm?: number | undefined;
  /** Factor of the learning rate at each step: a function, or `{ name: 'cosineLR', steps: 1000 }`. */
  readonly schedule?: Schedule | ScheduleDescription | undefined;
}

const OPTIONS: Names<UpdaterOptions> = { optimizer: true, clipNorm: true, schedule: true };

/** The result of an update. */
export interface UpdateResult {
  /** 2-norm of the gradients of all models together, before clipping. */
  readonly gradNorm: number;
  /** Learning rate of the update. */
  readonly lr: number;
}

/**
 * Updates the parameters of several models with one optimizer, with the gradients that `backward` of the models
 * accumulated, as torch.optim over the parameters of several modules.
 */
export class Updater extends Summarized {
  /** The models. */
  readonly models: readonly (Sequential | Model)[];
  /** The optimizer. */
  readonly optimizer: Optimizer;
  readonly #clipNorm: number | undefined;
  readonly #schedule: Schedule | undefined;

  /**
   * @throws {ArgumentError} if there are no models, a model is listed twice, or an option is unknown or out of range
   * @throws {StateError} if the optimizer is in use
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(models: readonly (Sequential | Model)[], opts: UpdaterOptions) {
    super();
    const list = reading('models', models, () => {
      if (!Array.isArray(models) || models.length === 0)
        throw new ArgumentError('models', 'a list of models', models);
      return [...models] as (Sequential | Model)[];
    });
    for (const [i, model] of list.entries()) {
      instance(`models[${i}]`, model, ModelBase, 'a model such as a Sequential');
      if (list.indexOf(model) < i)
        throw new ArgumentError(`models[${i}]`, 'a model that is listed once', model);
      model.network.free('new Updater');
    }
    const given = options('Updater', opts, OPTIONS);
    if (given.clipNorm !== undefined) number('clipNorm', given.clipNorm, 0);
    const { optimizer, schedule } = described(given);
    instance('optimizer', optimizer, Optimizer, "an optimizer such as AdamW or 'adamw'");
    if (schedule !== undefined) callable('schedule', schedule, 'a function of the step');
    if (taken.has(optimizer)) throw new StateError('the optimizer is in use');
    for (const { network } of list) {
      network.arena.clear(network.gradients);
      for (const [k] of optimizer.slots.entries()) network.arena.clear(network.slot(k));
    }
    taken.add(optimizer);
    this.models = list;
    this.optimizer = optimizer;
    this.#clipNorm = given.clipNorm;
    this.#schedule = schedule;
    // a trainer that a model had is refused from now on
    for (const model of list) {
      const plan = (steps: number, batch: number) => ({
        plan: model.network.preview({ steps, batch, training: true, targets: 'none' }),
      });
      this.#owners.set(model, (model.trainer = { plan }));
    }
  }

  /** By model, what it has as long as it has no other trainer. */
  readonly #owners = new Map<ModelBase, ModelBase['trainer']>();

  /** Number of updates made. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /**
   * Makes one update with the gradients in all models, clipped together, and sets them to 0.
   *
   * @throws {NonFiniteError} if the norm of the gradients is NaN or infinite; then they are set to 0, and nothing else
   * @throws {ArgumentError} if the schedule returns an invalid factor
   * @throws {StateError} during a call of a model, or if a model has a trainer
   */
  step(): UpdateResult {
    const { optimizer } = this;
    this.#check('step');
    const factor = this.#schedule ? finite('schedule', this.#schedule(optimizer.steps), 0) : 1;
    this.#check('step');
    const networks = this.models.map(({ network }) => network);
    let squares = 0;
    for (const { arena, block, gradients } of networks)
      squares += arena.kernels.vec_sum_squares(block.length, gradients.ptr);
    const gradNorm = Math.sqrt(squares);
    if (!Number.isFinite(gradNorm)) {
      this.zeroGradients();
      const { steps: step } = optimizer;
      const what = `step ${step}: the norm of the gradients is ${gradNorm}; no weight was changed`;
      throw new NonFiniteError(what, { step, gradNorm });
    }
    const scale = this.#clipNorm === undefined ? 1 : Math.min(1, this.#clipNorm / (gradNorm + 1e-6));
    for (const [i, network] of networks.entries()) {
      const { arena, block, gradients } = network;
      const blocks = {
        n: block.length,
        parameters: block.ptr,
        gradients: gradients.ptr,
        slots: optimizer.slots.map((_, k) => network.slot(k).ptr),
      };
      optimizer.step(arena.kernels, blocks, scale, factor, i === networks.length - 1);
      arena.clear(gradients);
      network.version++;
    }
    return { gradNorm, lr: optimizer.lr * factor };
  }

  /**
   * Tells the schedule the next value of its metric, as `Trainer.report`.
   * @throws {ArgumentError} if it is not a number
   * @throws {StateError} if the schedule follows no metric: see `plateau`
   */
  report(metric: number): void {
    reportTo(this.#schedule, metric);
  }

  /** Sets the gradients of all models to 0. */
  zeroGradients(): void {
    for (const model of this.models) model.zeroGradients();
  }

  /** Saves each model with its part of the optimizer's state, as `Trainer.save`; in the order of the models. */
  save(): Uint8Array<ArrayBuffer>[] {
    this.#check('save');
    return this.models.map((model) => writeCheckpoint(model, this.#inFile(model), model.metadata));
  }

  /**
   * Restores files written by `save`, with the same layers and the same optimizer. Nothing changes unless all of them
   * match.
   * @throws {ArgumentError} unless there is a file per model
   * @throws {FormatError} if a file, a model or the optimizer does not match, or the files are of different saves
   */
  restore(files: readonly (Uint8Array | ArrayBuffer)[]): void {
    this.#check('restore');
    const { models } = this;
    const given = reading('files', files, () => (Array.isArray(files) ? [...files] : undefined));
    if (given?.length !== models.length)
      throw new ArgumentError('files', `${models.length} files, one per model`, files);
    const before = this.save();
    const { optimizer } = this;
    let done = 0;
    let first: { state: string; steps: number } | undefined;
    try {
      for (const model of models) {
        readCheckpoint(given[done++]!, model, this.#inFile(model));
        const { steps } = optimizer;
        const state = JSON.stringify([optimizer.state(), followsMetric(this.#schedule)?.state()]);
        first ??= { state, steps };
        if (state !== first.state)
          throw new FormatError(
            `files[${done - 1}]: of another save (step ${steps}) than files[0] (${first.steps})`,
          );
      }
    } catch (error) {
      for (let i = 0; i < done; i++) readCheckpoint(before[i]!, models[i]!, this.#inFile(models[i]!));
      throw error;
    }
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    const { models, optimizer } = this;
    return { type: 'Updater', models: models.map((model) => model.toJSON()), optimizer: optimizer.toJSON() };
  }

  /** What files have besides a model. */
  #inFile({ network }: ModelBase): Parameters<typeof writeCheckpoint>[1] {
    const { optimizer } = this;
    return {
      optimizer,
      files: FILES,
      kept: () => optimizer.slots.map((slot, k) => [slot, network.slot(k)] as const),
      progress: (): FullProgress => ({ schedule: followsMetric(this.#schedule)?.state() }),
      resume: ({ schedule }: FullProgress) => resumed(this.#schedule, schedule),
    };
  }

  /** @throws {StateError} during a call of a model, or if one has a trainer */
  #check(call: string): void {
    for (const model of this.models) {
      model.network.free(call);
      if (model.trainer !== this.#owners.get(model)) throw new StateError('a model has another trainer');
    }
  }
}
