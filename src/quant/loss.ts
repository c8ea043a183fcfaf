import { options } from '../check.ts';
import type { Steps } from '../engine/batchIO.ts';
import { ArgumentError } from '../errors.ts';
import { Sized } from '../layers/graph/singleInput.ts';
import type { Loss } from '../losses/loss.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import { Model } from '../model/graph/model.ts';
import { isMultiLoss } from '../model/graph/multiLoss.ts';
import { Sequential } from '../model/sequential.ts';
import { type AnyLoss, Trainer } from '../model/trainer.ts';
import type { Given, NDArray } from '../ndarray.ts';
import { SGD } from '../optim/sgd.ts';

/** A batch to compare a model with its quantized form on. */
export interface QuantizeBatch extends Steps {
  /** As for `forward`. */
  readonly x: unknown;
  /** Targets, as for `Trainer.step`. Default: the outputs of the float model are compared. */
  readonly y?: unknown;
}

/** A loss, or losses by output. */
export type QuantizeLoss = AnyLoss | Readonly<Record<string, AnyLoss>>;

/** How an output is measured. */
interface Part {
  /** Undefined for a single output. */
  readonly name: string | undefined;
  readonly loss: AnyLoss;
  readonly weight: number;
}

/** What is measured of a model's outputs. @throws {ArgumentError} if there is no loss */
export function partsOf(model: ModelBase, given: QuantizeLoss | undefined): Part[] {
  const own = (model.trainer as { loss?: Loss } | undefined)?.loss;
  const loss = given === undefined ? own : given;
  const what = 'a loss, or a model with a trainer, for data with y';
  if (!loss) throw new ArgumentError('loss', what, loss);
  if (!(model instanceof Model) || model.graph.single.output)
    return [{ name: undefined, loss: loss as AnyLoss, weight: 1 }];
  return model.graph.outputs.map(({ name }, i) => {
    const multi = loss as Loss;
    if (isMultiLoss(multi)) return { name, ...multi.parts[i]! };
    const one = (loss as Readonly<Record<string, AnyLoss>>)[name];
    if (one === undefined) throw new ArgumentError(`loss.${name}`, 'a loss', one);
    return { name, loss: one, weight: 1 };
  });
}

/** The mean loss of a batch. */
export function lossOf(model: ModelBase, parts: readonly Part[], batch: QuantizeBatch): number {
  const { lengths, mask } = batch;
  const outputs = outputsOf(model, batch);
  let sum = 0;
  for (const { name, loss, weight } of parts) {
    const output = name === undefined ? (outputs as NDArray) : (outputs as Record<string, NDArray>)[name]!;
    const y = name === undefined ? batch.y : (batch.y as Record<string, unknown>)[name];
    const isVector = output.shape.length === 2;
    const scorer = new Sequential([new Sized(output.shape.at(-1)!)]);
    try {
      const trainer = new Trainer(scorer, { loss, optimizer: new SGD({ lr: 0 }) });
      // with one step left, all rows have it
      const steps = output.shape[0] === 1 || isVector ? undefined : { lengths, mask };
      const target = withSteps(y as Given, isVector);
      sum += weight * trainer.evaluate(withSteps(output, isVector), target, steps).loss;
    } finally {
      scorer.dispose();
    }
  }
  return sum;
}

/** Σ (y − ŷ)² and Σ y² of the outputs of two models. */
export function errorToSignal(model: ModelBase, other: ModelBase, batch: QuantizeBatch): [number, number] {
  const [mine, theirs] = [model, other].map((one) => {
    const outputs = outputsOf(one, batch);
    const list = outputs.data instanceof Float32Array ? [outputs as NDArray] : Object.values(outputs);
    return (list as NDArray[]).flatMap(({ data }) => [data]);
  });
  let [error, signal] = [0, 0];
  for (const [k, data] of mine!.entries())
    for (const [i, value] of data.entries()) {
      error += (value - theirs![k]![i]!) ** 2;
      signal += value ** 2;
    }
  return [error, signal];
}

function outputsOf(model: ModelBase, { x, lengths, mask }: QuantizeBatch): NDArray | Record<string, NDArray> {
  const { forward } = model as unknown as { forward(x: unknown, opts?: object): NDArray };
  const given = lengths === undefined && mask === undefined ? [] : [{ lengths, mask }];
  return forward.call(model, x, ...given);
}

/** Vectors [B, n] as one step. */
function withSteps(given: Given, isVector: boolean): Given {
  if (!isVector || !('data' in given)) return given;
  return { data: given.data, shape: [1, ...(given.shape ?? [])] };
}

/** Checks batches. @throws {ArgumentError} if there are none, or an option is unknown */
export function batchesOf(data: unknown): QuantizeBatch[] {
  const list = Array.isArray(data) ? data : [data];
  const known = { x: true, y: true, lengths: true, mask: true } as const;
  const batches = list.map((batch, i) => options<QuantizeBatch>(`data[${i}]`, batch, known));
  if (!batches.length) throw new ArgumentError('data', 'a batch { x, y } or a list of them', data);
  for (const [i, { x, y }] of batches.entries()) {
    if (x === undefined) throw new ArgumentError(`data[${i}].x`, 'an input of the model', x);
    if ((y === undefined) !== (batches[0]!.y === undefined))
      throw new ArgumentError(`data[${i}].y`, 'targets in all batches or in none', y);
  }
  return batches;
}
