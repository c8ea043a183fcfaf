import { integer, options } from '../../check.ts';
import type { Layer } from '../../engine/layer.ts';
import type { Plan } from '../../engine/plan.ts';
import { ArgumentError } from '../../errors.ts';
import { Layout } from '../../memory/layout.ts';
import type { Sequence } from '../../ndarray.ts';
import type { CarryingTraining } from '../carryingTraining.ts';
import type { Batch } from '../core/batch.ts';
import type { InParts, StepResult } from '../core/trainerTypes.ts';
import type { StateRoom } from '../stateRoom.ts';
import { checkpointed } from './checkpointed.ts';
import { type CheckpointReport, planCheckpoints } from './checkpoints.ts';
import { type Truncation, truncated } from './truncated.ts';

/** Options for training on a sequence in parts. */
export interface PartsOptions {
  readonly truncation: Truncation | undefined;
  readonly memoryBudget: number | undefined;
}

/**
 * Checks and copies the options.
 * @throws {ArgumentError} if a number is out of range, both options are given, or a layer needs the whole sequence
 */
export function checkSegments(layers: readonly Layer[], given: PartsOptions): PartsOptions {
  const { truncation, memoryBudget } = given;
  for (const name of ['truncation', 'memoryBudget'] as const) {
    const whole = layers.findIndex((layer) => layer.needsFuture || layer.reducesSteps || layer.trainsWhole);
    if (given[name] === undefined || whole < 0) continue;
    const { type, needsFuture, whyFuture } = layers[whole]!;
    const kind = needsFuture && !whyFuture ? 'bidirectional ' : '';
    const what = `layers[${whole}] (${kind}${type}${whyFuture ? `, ${whyFuture}` : ''})`;
    throw new ArgumentError(name, `none with ${what}, which needs the sequence whole`, given[name]);
  }
  if (memoryBudget !== undefined) integer('memoryBudget', memoryBudget, 1);
  if (truncation === undefined) return { truncation, memoryBudget };
  const { k1, k2 } = options('truncation', truncation, { k1: true, k2: true });
  integer('truncation.k1', k1, 1);
  integer('truncation.k2', k2, k1);
  if (k2 % k1) throw new ArgumentError('truncation.k2', `a multiple of k1 ${k1}`, k2);
  if (memoryBudget !== undefined)
    throw new ArgumentError('memoryBudget', 'none with truncation, whose k2 bounds the memory', memoryBudget);
  return { truncation: { k1, k2 }, memoryBudget };
}

/** Options of a step that need the whole sequence. */
const WHOLE = ['lengths', 'mask', 'flow'] as const;

/** Trains on a sequence in parts: windows of truncated BPTT, or segments within a memory budget. */
export class SegmentedBptt implements InParts {
  readonly #training: CarryingTraining;
  readonly #truncation: Truncation | undefined;
  readonly #budget: number;
  readonly #kept: StateRoom;
  readonly #reports = new Map<string, CheckpointReport>();

  constructor(training: CarryingTraining, { truncation, memoryBudget = 0 }: PartsOptions) {
    this.#training = training;
    this.#truncation = truncation;
    this.#budget = memoryBudget;
    this.#kept = training.stateRoom();
  }

  updates(steps: number): number {
    return this.#truncation ? Math.ceil(steps / this.#truncation.k1) : 1;
  }

  /** @throws {ArgumentError} for options of a step that need the whole sequence */
  checkStep(given: Readonly<Partial<Record<(typeof WHOLE)[number], unknown>>>): void {
    const own = this.#truncation ? 'truncation' : 'memoryBudget';
    for (const name of WHOLE) {
      const value = given[name];
      if (value !== undefined && value !== false)
        throw new ArgumentError(name, `none with the trainer's ${own}, which cuts the sequence`, value);
    }
  }

  /** Makes one update; with truncation, one per window. */
  step(batch: Batch): StepResult {
    const training = this.#training;
    this.check(batch);
    if (this.#truncation) return truncated(training, batch, this.#kept, this.#truncation);
    const report = this.#report(batch.x.steps, batch.x.batch);
    return report.segments > 1 ? checkpointed(training, batch, this.#kept, report) : training.whole(batch);
  }

  /**
   * Checks the whole batch before anything changes, since later parts are written after the updates of earlier ones.
   * @throws {ArgumentError} if an index is outside the vocabulary or no target counts
   * @throws {NonFiniteError} with truncation, if a feature is not finite
   */
  check(batch: Batch): void {
    const { x, y } = batch;
    const { network, objective, checksFinite } = this.#training;
    const { input } = network;
    const { target, loss } = objective;
    const finite = checksFinite && this.#truncation !== undefined;
    if (input.kind === 'indices') inRange('x', x, input.size);
    else if (finite) this.#finite('x', x);
    if (target.kind === 'indices') inRange('y', y, target.size, loss.ignoreIndex);
    else if (finite) this.#finite('y', y);
    objective.some(objective.counted(batch, y.steps * y.batch, 0, y.data));
  }

  #finite(name: string, { data, steps }: Sequence): void {
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(Math.fround(data[i]!))) continue;
      const step = Math.floor(i / (data.length / steps));
      throw this.#training.nonFinite(`${name} has ${data[i]} at step ${step} of the sequence`);
    }
  }

  /** The memory plan of a training step. */
  plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } {
    if (this.#truncation) {
      const { k1, k2 } = this.#truncation;
      const length = Math.min(steps, k2);
      return { plan: this.#preview(length, batch, length, Math.ceil(length / k1)) };
    }
    const report = this.#report(steps, batch);
    return {
      plan: this.#preview(report.segmentSteps, batch, steps, report.checkpoints),
      checkpoints: report,
    };
  }

  #preview(steps: number, batch: number, wholeSteps: number, kept = 0): Plan {
    return this.#training.preview(steps, batch, wholeSteps, (layout) => this.#kept.lay(layout, batch, kept));
  }

  #report(steps: number, batch: number): CheckpointReport {
    const key = `${steps} ${batch}`;
    let report = this.#reports.get(key);
    if (!report) {
      const layout = new Layout(0);
      this.#training.layoutStates(layout, batch);
      report = planCheckpoints({
        steps,
        budget: this.#budget,
        stateBytes: layout.end,
        planBytes: (segment) => {
          const plan = this.#preview(segment, batch, steps);
          return plan.end - plan.start;
        },
      });
      this.#reports.set(key, report);
    }
    return report;
  }
}

function inRange(name: string, { data, batch }: Sequence, limit: number, ignore?: number): void {
  for (let i = 0; i < data.length; i++) {
    const index = data[i]!;
    if ((index >= 0 && index < limit) || index === ignore) continue;
    const where = `step ${Math.floor(i / batch)}, row ${i % batch}`;
    throw new ArgumentError(`${name} (${where})`, `an index in 0..${limit - 1}`, index);
  }
}
