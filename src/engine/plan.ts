import type { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import type { StepGenerator } from './batchPart.ts';
import type { Layer, Pass, StateSlot } from './layer.ts';
import type { Rows } from './rows.ts';

/** Request for a plan. */
export interface PlanRequest {
  readonly steps: number;
  readonly batch: number;
  readonly training: boolean;
  /** Targets of the loss, if any. */
  readonly targets: 'indices' | 'features' | 'none';
  /** Runs step by step: each pass has separate scratch memory, so that weights stay packed between calls. */
  readonly stream?: Packed | undefined;
  /** For rows with lengths or a mask. */
  readonly ragged?: boolean | undefined;
  /** Records the norms of the gradient at each step. */
  readonly flow?: boolean | undefined;
  /** Steps of the whole sequence, if the plan processes it in parts. Default: steps. */
  readonly wholeSteps?: number | undefined;
}

/** Whether two requests are for the same plan. */
export function areAlike(a: PlanRequest, b: PlanRequest): boolean {
  return (
    a.steps === b.steps &&
    a.batch === b.batch &&
    a.training === b.training &&
    a.targets === b.targets &&
    !a.ragged === !b.ragged &&
    !a.flow === !b.flow &&
    (a.wholeSteps ?? a.steps) === (b.wholeSteps ?? b.steps)
  );
}

/** Scratch memory shared by the streams of a shape; one runs at a time. */
export interface Packed {
  /** Regions in the order in which passes request them; laid out by the first plan. */
  readonly regions: Region[];
  /** Version of the packed parameters. */
  version: number;
}

/** The network of a plan. */
export interface Planned {
  readonly layers: readonly Layer[];
  readonly prefixes: readonly string[];
  readonly input: Signal;
  readonly outputSize: number;
  readonly generator: StepGenerator;
  readonly arena: MemoryArena;
  readonly tensors: ReadonlyMap<string, Region>;
  readonly block: Region;
}

/** An output of a plan, and the targets of its loss. */
export type PlanOutput = Pick<Plan, 'output' | 'outputRows' | 'outputCount' | 'outputGradient' | 'targets'>;

/**
 * A network laid out for at most T steps of B rows: activations, scratch, input and targets. It only computes
 * addresses and allocates nothing; pointers stay valid as long as the plan is used.
 */
export interface Plan {
  readonly steps: number;
  readonly batch: number;
  readonly rows: Rows;
  /** Rows of the output: those of the input, those with another number of steps, or one step per row. */
  readonly outputRows: Rows;
  /** Number of output rows that count (the first ones); excludes rows of the batch without steps. */
  readonly outputCount: number;
  /** Value of the layers' penalties, from the last backward pass. */
  readonly penalty: number;
  readonly input: Region;
  readonly targets: Region;
  readonly output: Region;
  /** Gradient with respect to the output; the backward passes overwrite it. */
  readonly outputGradient: Region;
  readonly passes: readonly Pass[];
  /** Prefix of the parameters of each pass's layer; only of chains. */
  readonly passPrefixes?: readonly string[] | undefined;
  /** First pass that runs backward: those below have no parameters that are trained. Default 0. */
  lowest?: number | undefined;
  /** Of a graph: has only those steps run backward that a gradient of these parameters needs; undefined for all. */
  train?(parameters: readonly string[] | undefined): void;
  readonly states: readonly StateSlot[];
  /** Of a graph: the rows of each state. Default: `rows`. */
  readonly stateRows?: readonly Rows[] | undefined;
  /** Names of a stream's states: layer prefix, state and stacked layer, such as `1.h_l0`. */
  readonly stateNames: readonly string[];
  /** First byte of the plan. */
  readonly start: number;
  /** First byte after the plan. */
  readonly end: number;
  /** Whether it matches a request. */
  serves(request: PlanRequest): boolean;
  /** Call before the first forward call of an update. */
  begin(): void;
  /** Of a stream: sets initial states of `count` rows, where they are not zeros. */
  restart?(first: number, count: number): void;
  /** packed: the scratch memory still contains the weights packed by the last call. */
  forward(packed?: boolean): void;
  /**
   * Backpropagates from `outputGradient` and the current gradients of the states. Returns the region of the input
   * gradient, if requested. finish: this is the last part of the sequence.
   */
  backward(wantInput: boolean, finish?: boolean): Region | undefined;
}
