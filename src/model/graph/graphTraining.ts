import type { Steps } from '../../engine/batchIO.ts';
import type { GraphRequest } from '../../engine/graph.ts';
import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { GraphPlan } from '../../engine/graphPlan.ts';
import { ArgumentError } from '../../errors.ts';
import { type Given, readSequence, type Sequence } from '../../ndarray.ts';
import type { Batch } from '../core/batch.ts';
import type { ModelBase } from '../core/modelBase.ts';
import type { TrainerOptions } from '../core/trainerTypes.ts';
import type { CheckedOptions } from '../training/fullOptions.ts';
import { type BatchOptions, FullTraining } from '../training/fullTraining.ts';
import { readTargetWeights } from '../training/rowWeights.ts';
import { checkTargets, emptyFed, type Fed, readInputs, readVector } from './feed.ts';
import type { GraphObjective } from './graphObjective.ts';
import { checkRecord, pick } from './named.ts';

/** Inputs and targets of a batch. */
interface GraphBatch {
  readonly fed: Fed;
  /** By output. */
  readonly targets: readonly Sequence[];
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
      const targets: Sequence[] = graph.outputs.map(() => ({ data: [], steps: 0, batch: 0 }));
      // what goes through a sequence in parts knows one input and one output
      fed.sequences[0] = into.x;
      targets[0] = into.y;
      this.#batches.set(into, (batch = { fed, targets }));
      this.objective.targets.set(into, targets);
    }
    const rows = this.options.batch;
    const { fed, targets } = batch;
    refuseOptions(steps, this.objective.isSingle, this.warmup);
    readInputs(fed, network, x, steps, rows);
    checkRecord('y', y, graph.outputs, graph.single.output);
    for (let i = 0; i < targets.length; i++) {
      const { name, value, label } = graph.outputs[i]!;
      const { axis } = graph.values[value]!.shape;
      const given = pick(label, y, name, graph.single.output) as Given;
      const signal = this.objective.signals[i]!;
      const target = targets[i]!;
      if (axis) readSequence(label, given, signal, rows, target);
      else readVector(label, given, signal, 0, target);
      checkTargets(label, target, axis ? network.stepsOf(axis, fed.steps) : 1, fed.batch);
    }
    into.valid = fed.counted.ragged ? fed.counted.valid[0] : undefined;
    into.warmup = 0;
    into.weights = undefined;
    if (this.objective.isSingle && (steps || this.warmup)) {
      readTargetWeights(into, this.objective, steps as BatchOptions & Steps, this.warmup);
    }
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

  #of(batch: Batch): GraphBatch {
    return this.#batches.get(batch)!;
  }
}

/** @throws {ArgumentError} for options of a batch that a graph does not take */
function refuseOptions(given: BatchOptions | undefined, single: boolean, own: number): void {
  if (given?.states !== undefined)
    throw new ArgumentError('states', 'none with a Model: give them to an input', given.states);
  if (single) return;
  if (given?.weights !== undefined)
    throw new ArgumentError('weights', 'none with a Model of several outputs', given.weights);
  const warmup = given?.warmup ?? own;
  if (warmup) throw new ArgumentError('warmup', '0 with a Model of several outputs', warmup);
}
