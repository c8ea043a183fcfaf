import { options } from '../check.ts';
import type { CustomLoss } from '../custom/loss.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Loss } from '../losses/loss.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import type { GraphSteps } from '../model/graph/countedSteps.ts';
import type { Model } from '../model/graph/model.ts';
import { isMultiLoss, type Part } from '../model/graph/multiLoss.ts';
import type { Sequential } from '../model/sequential.ts';
import { type AnyLoss, Trainer, type TrainerOptions } from '../model/trainer.ts';
import type { Given, NDArray } from '../ndarray.ts';
import { SGD } from '../optim/sgd.ts';
import { withoutGradients } from './refuse.ts';

/** A batch to compare a model with its quantized form on. */
export interface QuantizeBatch extends GraphSteps {
  /** As for `forward`. */
  readonly x: unknown;
  /** Targets, as for `Trainer.step`. Default: the outputs of the float model are compared. */
  readonly y?: unknown;
}

/** Batches by what the user calls them. */
export type Batches = readonly (readonly [name: string, batch: QuantizeBatch])[];

/** A loss, or losses by output. */
export type QuantizeLoss = AnyLoss | Readonly<Record<string, AnyLoss>>;

/** How a trainer measures. */
type Measure = Pick<TrainerOptions, 'loss' | 'lossWeights'>;

/** The loss given, or that of a model's trainer. @throws {ArgumentError} if there is none */
export function measureOf(model: ModelBase, given: QuantizeLoss | undefined): Measure {
  if (given !== undefined) return { loss: given };
  const loss = (model.trainer as { loss?: Loss } | undefined)?.loss;
  if (!loss) throw new ArgumentError('loss', 'a loss, or a model with a trainer, for data with y', loss);
  if (!isMultiLoss(loss)) return { loss: forAll(loss) };
  const byName = <T>(of: (part: Part) => T) =>
    Object.fromEntries((model as Model).graph.outputs.map(({ name }, i) => [name, of(loss.parts[i]!)]));
  return { loss: byName((part) => forAll(part.loss)), lossWeights: byName(({ weight }) => weight) };
}

/** A loss that any model can have: one of a user's own knows a model's memory. */
function forAll(loss: Loss): AnyLoss {
  return (loss.custom as CustomLoss | undefined) ?? loss;
}

/** The sum of the mean losses of batches, as a trainer evaluates them. */
export function lossOf(model: ModelBase, measure: Measure, batches: Batches): number {
  return withoutGradients(model, () => {
    const trainer = new Trainer(model as Sequential, { ...measure, optimizer: new SGD({ lr: 0 }) });
    let sum = 0;
    for (const [name, { x, y, ...steps }] of batches)
      sum += within(name, () => trainer.evaluate(x as Given, y as Given, steps).loss);
    return sum;
  });
}

/** Σ (y − ŷ)² and Σ y² of the outputs of two models. */
export function errorToSignal(model: ModelBase, other: ModelBase, batches: Batches): number[] {
  let [error, signal] = [0, 0];
  for (const [name, batch] of batches) {
    const [mine, theirs] = [model, other].map((one) => within(name, () => outputsOf(one, batch)));
    for (const [k, { data }] of mine!.entries())
      for (const [i, value] of data.entries()) {
        error += (value - theirs![k]!.data[i]!) ** 2;
        signal += value ** 2;
      }
  }
  return [error, signal];
}

function outputsOf(model: ModelBase, { x, lengths, mask }: QuantizeBatch): NDArray[] {
  const { forward } = model as unknown as { forward(x: unknown, opts?: object): NDArray };
  const outputs = forward.call(model, x, (lengths ?? mask) ? { lengths, mask } : undefined);
  return outputs.data instanceof Float32Array ? [outputs] : Object.values(outputs);
}

/** What a call gives; where it complains of an argument, this is one of the batch. */
function within<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { argument, message } = error as ArgumentError;
    if ((error instanceof ArgumentError || error instanceof ShapeError) && !argument.startsWith('loss'))
      Object.assign(error, { argument: `${name}.${argument}`, message: `${name}.${message}` });
    throw error;
  }
}

/** Checks batches. @throws {ArgumentError} if there are none, or an option is unknown */
export function batchesOf(data: unknown): Batches {
  const list = Array.isArray(data) ? data : [data];
  const known = { x: true, y: true, lengths: true, mask: true } as const;
  const batches = list.map((batch, i) => {
    const name = list === data ? `data[${i}]` : 'data';
    return [name, options<QuantizeBatch>(name, batch, known)] as const;
  });
  if (!batches.length) throw new ArgumentError('data', 'a batch { x, y } or a list of them', data);
  for (const [name, { x, y }] of batches) {
    if (x === undefined) throw new ArgumentError(`${name}.x`, 'an input of the model', x);
    if ((y === undefined) !== (batches[0]![1].y === undefined))
      throw new ArgumentError(`${name}.y`, 'targets in all batches or in none', y);
  }
  return batches;
}
