import type { Steps } from '../../engine/batchIO.ts';
import type { GraphRequest } from '../../engine/graph.ts';
import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { GraphPlan } from '../../engine/graphPlan.ts';
import { type Given, readSequence } from '../../ndarray.ts';
import { type Batch, checkTargets, emptyBatch } from '../core/batch.ts';
import type { ModelBase } from '../core/modelBase.ts';
import type { TrainerOptions } from '../core/trainerTypes.ts';
import { CTCObjective } from '../training/ctcObjective.ts';
import type { CheckedOptions } from '../training/fullOptions.ts';
import { FullTraining } from '../training/fullTraining.ts';
import type { BatchOptions } from '../training/fullTypes.ts';
import { readTargetWeights, refuseWeights, type TargetWeights } from '../training/rowWeights.ts';
import { emptyFed, type Fed, readInputs, readVector } from './feed.ts';
import type { GraphObjective } from './graphObjective.ts';
import { checkRecord, pick } from './named.ts';

/** Inputs of a batch, and the batch as each output needs it. */
interface GraphBatch {
  readonly fed: Fed;
  readonly outputs: readonly Batch[];
}

/** What a trainer of a `Model` does updates with: several inputs, and a loss per output. */
export class GraphTraining extends FullTraining {
  declare readonly network: GraphNetwork;
  declare readonly objective: GraphObjective;
  readonly #batches = new WeakMap<Batch, GraphBatch>();
  readonly #request: { -readonly [K in keyof GraphRequest]: GraphRequest[K] };

  constructor(
    owner: object,
    model: ModelBase,
    objective: GraphObjective,
    options: TrainerOptions,
    more: CheckedOptions,
  ) {
    super(owner, model, objective, options, more);
    const { kinds } = objective;
    this.#request = { steps: 1, batch: 1, training: true, targets: objective.target.kind, kinds };
  }

  override read(into: Batch, x: unknown, y: unknown, steps: BatchOptions | undefined): Batch {
    const { network } = this;
    const { graph } = network;
    let batch = this.#batches.get(into);
    if (!batch) {
      const fed = emptyFed(graph);
      // what goes through a sequence in parts knows one input and one output
      fed.sequences[0] = into.x;
      const outputs = this.objective.isSingle ? [into] : graph.outputs.map(emptyBatch);
      this.#batches.set(into, (batch = { fed, outputs }));
      this.objective.batches.set(into, outputs);
    }
    const { fed, outputs } = batch;
    readInputs(fed, network, x, steps, this.options.batch);
    checkRecord('y', y, graph.outputs, graph.single.output);
    const weights = steps?.weights;
    if (weights !== undefined) checkRecord('weights', weights, graph.outputs, this.objective.isSingle, true);
    into.valid = fed.counted.ragged ? fed.counted.valid[0] : undefined;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i]!;
      output.x.batch = fed.batch;
      output.valid = into.valid;
      this.#readTargets(output, fed, i, y);
      this.#readWeights(output, i, steps);
    }
    this.readInitial(into, steps?.states, fed.batch);
    return into;
  }

  override plan(given: Batch, steps: number, wholeSteps: number, training: boolean, flow = false): GraphPlan {
    const { fed } = this.#of(given);
    const request = this.#request;
    const isWhole = steps === wholeSteps && !this.parts;
    request.steps = isWhole ? (fed.steps[0] ?? 1) : steps;
    request.wholeSteps = isWhole ? request.steps : wholeSteps;
    request.axes = isWhole ? fed.steps : undefined;
    request.batch = fed.batch;
    request.training = training;
    request.ragged = fed.counted.ragged;
    request.flow = flow;
    return this.trainedOnly(this.network.prepare(request), training, flow);
  }

  override written(batch: Batch, training: boolean, flow = false): GraphPlan {
    const { fed } = this.#of(batch);
    const { steps } = batch.x;
    const plan = this.plan(batch, steps, steps, training, flow);
    this.network.writeInputs(plan, fed.sequences, fed.steps, fed.counted.valid);
    this.objective.writeTargets(plan, batch);
    return plan;
  }

  #readTargets(into: Batch, { steps, batch }: Fed, i: number, y: unknown): void {
    const { graph } = this.network;
    const { name, value, label } = graph.outputs[i]!;
    const { axis } = graph.values[value]!.shape;
    const part = this.objective.parts[i]!;
    const given = pick(label, y, name, graph.single.output) as Given;
    const count = axis ? this.network.stepsOf(axis, steps) : 1;
    if (part instanceof CTCObjective) {
      part.readLabels(into, given, count);
      return;
    }
    if (axis) readSequence(label, given, part.target, this.options.batch, into.y);
    else readVector(label, given, part.target, 0, into.y);
    checkTargets(label, into.y, count, batch, 'the output');
  }

  /** How much each target of an output counts; of several outputs, those that are vectors do not warm up. */
  #readWeights(into: Batch, i: number, given: BatchOptions | undefined): void {
    const { graph } = this.network;
    const part = this.objective.parts[i]!;
    const { isSingle } = this.objective;
    into.warmup = 0;
    into.weights = undefined;
    if (isSingle && part instanceof CTCObjective) {
      refuseWeights(given as TargetWeights, this.warmup);
      return;
    }
    if (!given && !this.warmup) return;
    if (isSingle) {
      readTargetWeights(into, part, given as TargetWeights & Steps, this.warmup);
      return;
    }
    if (given?.weights === undefined && (given?.warmup ?? this.warmup) === 0) return;
    const { name, value } = graph.outputs[i]!;
    const label = `weights.${name}`;
    const weights = given?.weights && pick(label, given.weights, name, false);
    if (part instanceof CTCObjective) {
      refuseWeights({ weights } as TargetWeights, 0, label);
      return;
    }
    const warmup = graph.values[value]!.shape.axis ? (given?.warmup ?? this.warmup) : 0;
    readTargetWeights(into, part, { ...given, weights, warmup } as TargetWeights & Steps, 0, label);
  }

  #of(batch: Batch): GraphBatch {
    return this.#batches.get(batch)!;
  }
}
