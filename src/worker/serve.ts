import { floats, integers } from '../allocate.ts';
import { integer, options } from '../check.ts';
import type { CustomLayerClass } from '../custom/layer.ts';
import { ArgumentError, StateError, Verbatim } from '../errors.ts';
import { Generator } from '../init/generator.ts';
import { Model } from '../model/graph/model.ts';
import type { Named } from '../model/graph/named.ts';
import type { Sequential } from '../model/sequential.ts';
import {
  type BatchOptions,
  type EvaluationOptions,
  type FitData,
  type FitOptions,
  type StepOptions,
  Trainer,
  type ValidationOptions,
} from '../model/trainer.ts';
import type { Given } from '../ndarray.ts';
import { init } from '../wasm/inlined.ts';
import { type Exposed, exposed, loadModel, madeOptions } from './exposed.ts';
import { pack } from './failure.ts';
import { Inbox, type Item } from './inbox.ts';
import type { Role, Wanted } from './outbox.ts';
import { isPlain, portable } from './portable.ts';
import type { Answer, Call, Notice } from './protocol.ts';
import type { Sample, SampleOptions, WorkerTrainerOptions } from './types.ts';

/** A user's function, called by `WorkerTrainer.run(name, ...args)` between two updates. */
// biome-ignore lint/suspicious/noExplicitAny: arguments are the user's own
export type WorkerFunction = (trainer: Trainer, ...args: any[]) => unknown;

/** A trainer of any model. */
type AnyTrainer = Trainer<Sequential | Model>;

/** What a call of `fit` or `validate` has besides data and options. */
interface Sent {
  /** Data that are sent batch by batch. */
  readonly roles: readonly Role[];
  readonly isStopped?: boolean | undefined;
}

type Post = (message: Answer | Notice, move: ArrayBuffer[]) => void;

/** A trainer that answers calls. */
export class Server {
  readonly functions: Record<string, WorkerFunction> = {};
  readonly layers: Record<string, CustomLayerClass> = {};
  readonly losses: NonNullable<Exposed['losses']> = {};
  readonly optimizers: NonNullable<Exposed['optimizers']> = {};
  readonly schedules: NonNullable<Exposed['schedules']> = {};
  readonly metrics: NonNullable<Exposed['metrics']> = {};
  readonly #post: Post;
  #made: AnyTrainer | undefined;
  #fit: ReturnType<AnyTrainer['startFit']> | undefined;
  /** By call. */
  readonly #inboxes = new Map<number, Partial<Record<Role, Inbox>>>();
  #paused = false;
  /** `id` of the last call. */
  #id = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  /** Rejects a call that can't be read: the one after the last, since calls arrive in order. */
  lost(): void {
    this.#id++;
    this.#answer({ id: this.#id, failure: pack(new StateError("the worker can't read this call")) }, false);
  }

  async take({ id, name, args }: Call): Promise<void> {
    this.#id = id;
    try {
      const method = this.#methods[name];
      if (!method)
        throw new StateError(`the worker has no method ${name}: it runs another version of this package`);
      const value = await method(id, ...args);
      this.#answer({ id, value }, FRESH.has(name));
    } catch (error) {
      this.#answer({ id, failure: pack(error) }, false);
    }
  }

  #answer(end: { id: number } & ({ value: unknown } | { failure: ReturnType<typeof pack> }), fresh: boolean) {
    const { value, move } = portable(end, fresh);
    this.#post({ unrolled: 'answer', steps: this.#made?.steps ?? 0, ...value } as Answer, move);
  }

  get #trainer(): AnyTrainer {
    if (!this.#made) throw new StateError('the worker has no trainer yet');
    return this.#made;
  }

  /** The trainer, if no fit is running. */
  get #idle(): AnyTrainer {
    if (this.#fit) throw new StateError('a fit is already running: await it or abort it');
    return this.#trainer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: arguments are checked by the called function
  readonly #methods: Record<string, (id: number, ...args: any[]) => unknown> = {
    create: (_, model: Uint8Array, opts: WorkerTrainerOptions, lock?: string) =>
      this.#create(model, opts, lock),
    step: (_, x: Named<Given>, y: Named<Given>, opts?: StepOptions) => this.#idle.step(x, y, opts),
    evaluate: (_, x: Named<Given>, y: Named<Given>, opts?: EvaluationOptions) =>
      this.#trainer.evaluate(x, y, opts),
    flow: (_, x: Named<Given>, y: Named<Given>, opts?: BatchOptions) => this.#trainer.flow(x, y, opts),
    gradients: (_, x: Named<Given>, y: Named<Given>, opts?: BatchOptions) => this.#idle.gradients(x, y, opts),
    apply: (_, gradients: ArrayLike<number>) => this.#idle.apply(gradients),
    swapAverages: () => this.#idle.swapAverages(),
    report: (_, metric: number) => this.#trainer.report(metric),
    resetState: (_, rows?: ArrayLike<number>) => this.#idle.resetState(rows),
    setLearningRate: (_, lr: number) => {
      this.#trainer.optimizer.lr = lr;
    },
    save: (_, metadata?: Record<string, string>) => this.#trainer.save(metadata),
    saveModel: (_, metadata?: Record<string, string>) => this.#trainer.model.save(metadata),
    restore: (_, bytes: Uint8Array) => this.#idle.restore(bytes),
    sample: (_, opts: SampleOptions) => sample(this.#trainer, opts),
    fit: (id, data: FitData, opts: FitOptions, sent: Sent) => this.#run(id, data, opts, sent),
    validate: (id, data: FitData, opts: ValidationOptions, sent: Sent) =>
      this.#validate(id, data, opts, sent),
    // one that belongs to a call that has ended is left
    batch: (_, of: number, { role, epoch }: Wanted, batch: Item) =>
      this.#inboxes.get(of)?.[role]?.put(epoch, batch),
    stop: () => this.#fit?.pacer.stop(),
    pause: () => {
      this.#paused = true;
      this.#fit?.pacer.pause();
    },
    resume: () => {
      this.#paused = false;
      this.#fit?.pacer.resume();
    },
    run: (_, name: string, args: unknown[]) => {
      const known = Object.keys(this.functions);
      if (!known.includes(name)) {
        throw new ArgumentError(
          'name',
          `a function exposed by the worker (${known.join(', ') || 'none'})`,
          name,
        );
      }
      return this.functions[name]!(this.#trainer as Trainer, ...args);
    },
  };

  async #create(model: Uint8Array, opts: WorkerTrainerOptions, lock?: string): Promise<unknown> {
    if (this.#made) throw new StateError('the worker already has a trainer');
    const { loss, optimizer, schedule, kernels, revectorize, threads, wasm, ...rest } = opts;
    const locked = lock !== undefined && (await hold(lock));
    const runtime = await init({
      ...(kernels === undefined ? {} : { kernels }),
      ...(revectorize === undefined ? {} : { revectorize }),
      ...(threads === undefined ? {} : { threads }),
      ...(wasm === undefined ? {} : { wasm }),
    });
    const loaded = loadModel(model, this.layers);
    this.#made = new Trainer(loaded, madeOptions(loaded, { ...rest, loss, optimizer, schedule }, this));
    return { kernels: runtime.kernels, revectorized: runtime.revectorized, locked };
  }

  async #run(id: number, data: FitData, opts: FitOptions, { roles, isStopped }: Sent): Promise<unknown> {
    const trainer = this.#idle;
    const inboxes = this.#open(id, roles, opts.updates);
    try {
      const { checkpoint } = opts;
      const fit = trainer.startFit(
        inboxes.data ?? data,
        {
          ...opts,
          validation: inboxes.validation ?? opts.validation,
          metrics: this.#metricsOf(opts.metrics),
          onProgress: (progress) => this.#notice(id, 'progress', progress),
          checkpoint: checkpoint && { ...checkpoint, save: (bytes) => this.#notice(id, 'checkpoint', bytes) },
        },
        this.#paused,
      );
      if (isStopped) fit.pacer.stop();
      this.#fit = fit;
      return await fit.run();
    } finally {
      this.#fit = undefined;
      this.#inboxes.delete(id);
    }
  }

  async #validate(id: number, data: FitData, opts: ValidationOptions, { roles }: Sent): Promise<unknown> {
    const inboxes = this.#open(id, roles);
    try {
      const given = { ...opts, metrics: this.#metricsOf(opts.metrics) };
      return await this.#trainer.validate((inboxes.data ?? data) as FitData, given);
    } finally {
      this.#inboxes.delete(id);
    }
  }

  /** Inboxes for the data that a call is sent batch by batch. */
  #open(id: number, roles: readonly Role[], batches?: number): Partial<Record<Role, Inbox>> {
    const inbox = (role: Role) =>
      new Inbox(
        (epoch) => this.#notice(id, 'more', { role, epoch } satisfies Wanted),
        role === 'data' ? batches : undefined,
      );
    const inboxes = Object.fromEntries(roles.map((role) => [role, inbox(role)]));
    this.#inboxes.set(id, inboxes);
    return inboxes;
  }

  /** Metrics, those that are exposed created. */
  #metricsOf(given: ValidationOptions['metrics']): ValidationOptions['metrics'] {
    const make = (argument: string, list: unknown) =>
      Array.isArray(list)
        ? list.map((one, i) => exposed(`${argument}[${i}]`, this.metrics, one) ?? one)
        : list;
    if (Array.isArray(given) || !isPlain(given))
      return make('metrics', given) as ValidationOptions['metrics'];
    const entries = Object.entries(given).map(([name, list]) => [name, make(`metrics.${name}`, list)]);
    return Object.fromEntries(entries) as ValidationOptions['metrics'];
  }

  #notice(id: number, kind: Notice['kind'], given: unknown): void {
    const { value, move } = portable(given, kind === 'checkpoint');
    this.#post({ unrolled: 'notice', id, kind, value }, move);
  }
}

/** Calls whose results are transferred, not copied. */
const FRESH = new Set(['save', 'saveModel', 'sample', 'gradients']);

/** Holds a lock as long as the worker lives, to detect its end; false if locks are not supported. */
async function hold(name: string): Promise<boolean> {
  const { locks } = navigator;
  if (!locks) return false;
  await new Promise<void>((held, refused) => {
    const forever = () => {
      held();
      return new Promise(() => {});
    };
    locks.request(name, forever).catch(refused);
  });
  return true;
}

function sample({ model }: AnyTrainer, opts: SampleOptions): Sample {
  const given = options('sample', opts, { prompt: true, length: true, temperature: true, seed: true });
  const { prompt, temperature = 1, seed = 0 } = given;
  const length = integer('length', given.length, 1);
  const inputs = model instanceof Model ? model.graph.inputs.length : 1;
  if (inputs > 1) throw new ArgumentError('model', 'a model with one input', new Verbatim(`${inputs}`));
  const { input, outputSize } = model.network;
  if (input.kind !== 'indices' || outputSize > input.size) {
    throw new ArgumentError(
      'model',
      'a model whose input and output are indices',
      new Verbatim('a model of features'),
    );
  }
  if (!(prompt?.length > 0)) throw new ArgumentError('prompt', 'at least one index', prompt);
  const generator = new Generator(seed);
  const stream = model.stream();
  try {
    for (let i = 0; i < prompt.length; i++) stream.step(prompt[i]!);
    const indices = integers(length);
    const probabilities = floats(length);
    for (let i = 0; i < length; i++) {
      if (i > 0) stream.step(indices[i - 1]!);
      indices[i] = stream.sample(generator, temperature);
      probabilities[i] = stream.probabilities()[indices[i]!]!;
    }
    return { indices, probabilities };
  } finally {
    stream.dispose();
  }
}
