import type { GateTrace, LayerScope, Pass, StateSlot } from '../../engine/layer.ts';
import type { Rows } from '../../engine/rows.ts';
import { At, align, type Region } from '../../memory/layout.ts';
import type { KernelCalls, KernelName } from '../../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { type Cell, outputWidth, type ParameterKinds, type StateSpec } from './cell.ts';
import { chunkSteps, type LayerShape, type Place, type Source } from './direction.ts';
import { mapped } from './mapped.ts';
import { type KeptStates, keepStates, runningState, watch } from './states.ts';
import { tableGradient } from './tableGradient.ts';

/** What the kernels of a forward pass are called with. Pointers hold once the plan is laid out. */
export interface Call<States extends string, Parameters extends string> extends LayerShape {
  readonly kernels: KernelCalls;
  readonly rows: Rows;
  readonly x: Region;
  /** Of rows of a table; its pointer is 0 without one. */
  readonly index: Region;
  /** Pointers, 0 for parameters that the layer is without. */
  readonly w: Readonly<Record<Parameters, number>>;
  /** Inference: [B, features], the initial states, which become the last ones. Training: [B + N, features]. */
  readonly states: Readonly<Record<States, Region>>;
  /** [N, W] */
  readonly output: Region;
  /** [N, kept]; inference: of `chunk` steps. */
  readonly gates: Region;
  readonly chunk: number;
  readonly work: Region;
}

/** What those of a backward pass are called with besides. */
export interface BackwardCall<States extends string, Parameters extends string>
  extends Call<States, Parameters> {
  /** Gradients by the parameters, which are added to: pointers, 0 for none. */
  readonly dw: Readonly<Record<Parameters, number>>;
  /** [B, features]: of the last states, become those of the initial ones. The pointer of a state without one is 0. */
  readonly dStates: Readonly<Record<States, Region>>;
  /** dP of a table (assembly/sequence/input.ts), 0 without one. */
  readonly dTable: number;
  /** Pointer to what backpropagation does besides (assembly/sequence/stepHook.ts), 0 for nothing. */
  watch(): number;
}

/** A cell whose kernels are three: T steps forward, forward for training, and back. */
export interface CellDescription<States extends string, Parameters extends string> {
  /** Such as lstm. */
  readonly name: string;
  readonly states: Readonly<Record<States, StateSpec>>;
  /** As they lie in a row of `gates`. Of a cell without gates its state, under the name h. */
  readonly gates: readonly GateTrace[];
  parameters(inputSize: number, hiddenSize: number): ParameterKinds<Parameters>;
  /** A kernel that some builds lack. */
  readonly kernel: KernelName;
  /** Default false. */
  readonly takesTable?: boolean | undefined;
  /** Floats that a forward pass writes for each row, for the backward pass. */
  kept(inputSize: number, hiddenSize: number): number;
  /** Whether inference writes them too, for `chunk` steps at a time. Default true. */
  readonly chunked?: boolean | undefined;
  /** Bytes of scratch memory of the forward passes. */
  work(inputSize: number, hiddenSize: number, tableSize: number): number;
  /** Bytes of scratch memory of the backward pass over so many rows. */
  backwardWork(rows: number, inputSize: number, hiddenSize: number, tableSize: number): number;
  /** Once a plan is laid out; gives the call. packed: 1 if the scratch memory still holds the weights packed. */
  infer(call: Call<States, Parameters>): (packed: number) => void;
  train(call: Call<States, Parameters>): () => void;
  /** dy, dx: pointers, 0 for none; finish: 1 if no part of the sequence is left. */
  backward(call: BackwardCall<States, Parameters>): (dy: number, dx: number, finish: number) => void;
}

const NONE: Region = { ptr: 0, shape: [], length: 0 };

/** Inference keeps the last states only. */
function lastOnly(slot: StateSlot): KeptStates {
  return { all: slot.initial, output: slot.initial, slot, finish: () => {} };
}

/** The cell that a description is of. */
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
  clipStepNorm: number,
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
  const watched = watch(scope, clipStepNorm);
  const run = of.train(call);
  const back = of.backward({
    ...call,
    dw: mapped(kinds, place.gradient),
    dStates: mapped(states, (_, { slot }) => slot.gradient ?? NONE),
    dTable: table.ptr,
    watch: watched.write,
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
        norms: watched.norms,
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
