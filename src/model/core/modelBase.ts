import { boolean, integer, options } from '../../check.ts';
import type { Layer } from '../../engine/layer.ts';
import type { Network } from '../../engine/network.ts';
import type { Plan } from '../../engine/plan.ts';
import { ArgumentError, StateError } from '../../errors.ts';
import { pageBytes } from '../../memory/arena.ts';
import type { Given, NDArray } from '../../ndarray.ts';
import { Summarized } from '../../summary.ts';
import type { CheckpointReport } from '../bptt/checkpoints.ts';
import { writeModel } from './save.ts';

/** Layers that are part of a model. */
const claimed = new WeakSet<Layer>();

/** Options of `Sequential.plan`. */
export interface PlanOptions {
  /** T. */
  readonly steps: number;
  /** B. */
  readonly batch: number;
  /** Include gradients and activations kept for backpropagation. Default: whether the model has a trainer. */
  readonly training?: boolean | undefined;
}

/** Memory needed by a plan. */
export interface PlanReport {
  /** Size of the model's memory with the plan in use, in bytes; a multiple of 64 KiB. */
  readonly bytes: number;
  /** Bytes of the parameters. */
  readonly parameterBytes: number;
  /** Bytes of the plan: input, activations, scratch and checkpoints; depends on the shape. */
  readonly planBytes: number;
  /** The checkpoints of a trainer with a `memoryBudget`. */
  readonly checkpoints?: CheckpointReport | undefined;
}

/** A model: layers and the one WebAssembly memory that they share. */
export abstract class ModelBase extends Summarized {
  /** The layers in order. */
  readonly layers: readonly Layer[];
  /** @internal */
  readonly network: Network;
  /** @internal */
  trainer:
    | { plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport | undefined } }
    | undefined;

  /** @internal */
  constructor(layers: readonly Layer[], make: () => Network) {
    super();
    // before initialisers run, which are the user's
    for (const layer of layers) {
      claimed.add(layer);
      layer.claim?.();
    }
    this.layers = layers;
    try {
      this.network = make();
    } catch (error) {
      for (const layer of layers) {
        claimed.delete(layer);
        layer.claim?.(false);
      }
      throw error;
    }
  }

  /**
   * Memory needed for a shape, without allocating it.
   *
   * @throws {ArgumentError} if steps or batch is below 1
   * @throws {MemoryError} beyond 2 GiB
   */
  plan(opts: PlanOptions): PlanReport {
    const given = options('plan', opts, { steps: true, batch: true, training: true });
    const steps = integer('steps', given.steps, 1);
    const batch = integer('batch', given.batch, 1);
    const training = boolean('training', given.training ?? this.trainer !== undefined);
    const planned =
      training && this.trainer
        ? this.trainer.plan(steps, batch)
        : { plan: this.network.preview({ steps, batch, training, targets: 'none' }) };
    return planReport(this.network, planned);
  }

  /** Current size of the model's memory, in bytes. */
  get memoryBytes(): number {
    return this.network.arena.bytes;
  }

  /** Number of parameters. */
  get parameterCount(): number {
    return [...this.network.parameters.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Copies of the parameters under torch.nn's names. */
  stateDict(): Record<string, NDArray> {
    return this.network.stateDict();
  }

  /**
   * Loads all parameters. Nothing is written unless all names and shapes match.
   * @throws {ArgumentError} if a name is missing or unexpected
   * @throws {ShapeError} if a shape does not match
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    this.network.loadStateDict(given);
  }

  /** Copies of the gradients under torch.nn's names. @throws {StateError} before the first forward with `training` */
  gradients(): Record<string, NDArray> {
    return this.network.gradientDict();
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    this.network.zeroGradients();
  }

  /**
   * Saves the model as a safetensors file: parameters under torch.nn's names, the layers in the metadata, together
   * with yours.
   * @throws {ArgumentError} if metadata values are not strings, or a key is `unrolled`
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.network.free('save');
    return writeModel(this, metadata);
  }

  /** Frees the memory. Later calls throw. */
  dispose(): void {
    this.network.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What a plan needs. */
export function planReport(
  { arena, block }: Network,
  { plan, checkpoints }: { plan: Plan; checkpoints?: CheckpointReport | undefined },
): PlanReport {
  return {
    bytes: Math.max(pageBytes(plan.end), arena.bytes),
    parameterBytes: block.length * 4,
    planBytes: plan.end - plan.start + (checkpoints?.stateBytes ?? 0),
    ...(checkpoints ? { checkpoints } : {}),
  };
}

/** @throws {ArgumentError | StateError} if a layer can't be part of a model; name: where it is */
export function checkFree(name: string, layer: Layer): void {
  if ((layer as { batchFirst?: boolean }).batchFirst) {
    throw new ArgumentError(`${name}.batchFirst`, 'false in a model, which is time-major', true);
  }
  if (claimed.has(layer) || layer.free === false) {
    throw new StateError(`${name} (${layer.type}) is part of another model or was called`);
  }
}
