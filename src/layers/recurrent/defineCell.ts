import type { GateTrace, LayerScope, Pass, StateSlot } from '../../engine/layer.ts';
import type { Rows } from '../../engine/rows.ts';
import { At, align, type Region } from '../../memory/layout.ts';
import type { KernelCalls, KernelName } from '../../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { type Cell, outputWidth, type ParameterKinds, type StateSpec, type StepHook } from './cell.ts';
import { chunkSteps, type LayerShape, type Place, type Source } from './direction.ts';
import { mapped } from './mapped.ts';
import { type KeptStates, keepStates, runningState } from './states.ts';
import { tableGradient } from './tableGradient.ts';

/** Arguments of the forward kernels. Pointers are valid once the plan is laid out. */
export interface Call<States extends string, Parameters extends string> extends LayerShape {
  readonly kernels: KernelCalls;
  readonly rows: Rows;
  readonly x: Region;
  /** Indices into a table; the pointer is 0 without a table. */
  readonly index: Region;
  /** Pointers of the parameters; 0 for missing ones. */
  readonly w: Readonly<Record<Parameters, number>>;
  /** Inference: [B, features], overwritten from the initial to the last states. Training: [B + N, features]. */
  readonly states: Readonly<Record<States, Region>>;
  /** [N, W] */
  readonly output: Region;
  /** [N, kept]; inference: for `chunk` steps. */
  readonly gates: Region;
  readonly chunk: number;
  readonly work: Region;
}

/** Additional arguments of the backward kernel. */
export interface BackwardCall<States extends string, Parameters extends string>
  extends Call<States, Parameters> {
  /** Pointers of the parameter gradients, which are accumulated; 0 for none. */
  readonly dw: Readonly<Record<Parameters, number>>;
  /**
   * [B, features] gradients, overwritten from those of the last to those of the initial states. 0 for a state without
   * a gradient.
   */
  readonly dStates: Readonly<Record<States, Region>>;
  /** dP of a table (assembly/sequence/input.ts), 0 without one. */
  readonly dTable: number;
  /** Pointer of the step hook (assembly/sequence/stepHook.ts), 0 for none. */
  watch(): number;
}

/** Description of a cell with three kernels: T steps forward, forward for training, and backward. */
export interface CellDescription<States extends string, Parameters extends string> {
  /** Name, such as lstm. */
  readonly name: string;
  readonly states: Readonly<Record<States, StateSpec>>;
  /** In the order of a row of `gates`. For a cell without gates: its state, named h. */
  readonly gates: readonly GateTrace[];
  parameters(inputSize: number, hiddenSize: number): ParameterKinds<Parameters>;
  /** Name of a kernel that some builds lack. */
  readonly kernel: KernelName;
  /** Default false. */
  readonly takesTable?: boolean | undefined;
  /** Floats per row that a forward pass keeps for the backward pass. */
  kept(inputSize: number, hiddenSize: number): number;
  /** Whether inference writes them, too, for `chunk` steps at a time. Default true. */
  readonly chunked?: boolean | undefined;
  /** Bytes of scratch memory of the forward passes. */
  work(inputSize: number, hiddenSize: number, tableSize: number): number;
  /** Bytes of scratch memory of the backward pass over `rows` rows. */
  backwardWork(rows: number, inputSize: number, hiddenSize: number, tableSize: number): number;
  /**
   * Called once a plan is laid out; returns the kernel call. packed: 1 if the scratch memory still contains the
   * packed weights.
   */
  infer(call: Call<States, Parameters>): (packed: number) => void;
  train(call: Call<States, Parameters>): () => void;
  /** dy, dx: pointers, 0 for none; finish: 1 for the last part of the sequence. */
  backward(call: BackwardCall<States, Parameters>): (dy: number, dx: number, finish: number) => void;
}

const none = () => 0;
const NONE: Region = { ptr: 0, shape: [], length: 0 };

/** Inference keeps only the last states. */
function lastOnly(slot: StateSlot): KeptStates {
  return { all: slot.initial, output: slot.initial, slot, finish: () => {} };
}

/** Creates a cell from its description. */
export function defineCell<States extends string, Parameters extends string>(
  of: CellDescription<States, Parameters>,
): Cell {
  const { name, states, parameters, takesTable = false } = of;
  return { name, states, takesTable, parameters, lay: (...args) => lay(of, ...args) };
}

function lay<S extends string, P extends string>(
  of: CellDescription<S, P>,
  scope: LayerScope,
  shape: LayerShape,
  { x, index = NONE, dTable }: Source,
  place: Place,
  hook?: StepHook,
): Pass {
  const { kernels, rows, steps, batch, training } = scope;
  const { I, H, V } = shape;
  requireKernel(kernels, of.kernel);
  const states = mapped(of.states, (name, { width = H, gradient }) =>
    training ? keepStates(scope, name, width, gradient) : lastOnly(runningState(scope, name, width)),
  );
  const all = Object.values<(typeof states)[S]>(states);
  const W = outputWidth(of, H);
  const output =
    (training && all.find(({ slot }) => of.states[slot.name as S].output)?.output) ||
    scope.output(of.name, steps, batch, W);
  const kept = of.kept(I, H);
  const chunk = training ? steps : of.chunked === false ? 0 : chunkSteps(scope, kept);
  const packedBytes = align(of.work(I, H, V));
  const kinds = of.parameters(I, H);
  const gates = training
    ? scope.keep(`${of.name} gates`, steps, batch, kept)
    : new At([chunk, batch, kept], () => work.ptr + packedBytes);
  const work: Region = scope.work(
    training
      ? Math.max(packedBytes, of.backwardWork(steps * batch, I, H, V))
      : packedBytes + chunk * batch * kept * 4,
  );
  const call: Call<S, P> = {
    ...shape,
    ...{ kernels, rows, x, index, output, gates, chunk, work },
    w: mapped(kinds, place.parameter),
    states: mapped(states, (_, state) => state.all),
  };
  const laid = { output, states: all.map(({ slot }) => slot) };
  if (!training) {
    const run = of.infer(call);
    return { ...laid, forward: (packed) => run(packed ? 1 : 0), backward: () => {} };
  }
  const table = tableGradient(scope, V, (kinds as ParameterKinds).weight_ih!.shape[0]!);
  const run = of.train(call);
  const back = of.backward({
    ...call,
    dw: mapped(kinds, place.gradient),
    dStates: mapped(states, (_, { slot }) => slot.gradient ?? NONE),
    dTable: table.ptr,
    watch: hook?.write ?? none,
  });
  const several = of.gates.length > 1;
  return {
    ...laid,
    traces: [
      {
        place,
        gates: of.gates,
        hiddenSize: H,
        values: several ? gates : output,
        stride: several ? kept : W,
        states: output,
        norms: hook?.norms,
      },
    ],
    begin: table.clear,
    forward: () => {
      run();
      for (const state of all) state.finish();
    },
    backward: (dy, dx, finish) => back(dy, dTable || dx, finish ? 1 : 0),
  };
}
