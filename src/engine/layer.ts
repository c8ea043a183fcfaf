import type { Activation } from '../activations.ts';
import type { Generator } from '../init/generator.ts';
import type { Initializer } from '../init/initializers.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { Rows } from './rows.ts';

/** Layers of a model, and stacked layers of one layer, at most: it bounds what a number from outside can make. */
export const MAX_LAYERS = 10_000;

/** A parameter as a layer describes it; names and shapes are torch.nn's. */
export interface ParameterSpec {
  /** Such as `weight_ih_l0`. */
  readonly name: string;
  /** Row-major; [out, in] of a matrix. */
  readonly shape: readonly number[];
  /** Fills it when a model is made. */
  readonly init: Initializer;
}

/** What a layer gets to lay itself out for one plan: at most T steps of B rows, forward only or for training. */
export interface LayerScope {
  readonly kernels: KernelCalls;
  readonly arena: MemoryArena;
  readonly steps: number;
  readonly batch: number;
  /** The rows at hand when a pass is called. */
  readonly rows: Rows;
  /** Steps of the whole sequence, of which a plan may take one part after the other. */
  readonly wholeSteps: number;
  readonly training: boolean;
  /** Of a layer with directions: gives only each direction's own last output of every row, [1, B, ·]. */
  readonly keepsLast: boolean;
  /** Whether backpropagation notes the norms of the gradient at each step. */
  readonly flow: boolean;
  /** Step by step, so that one call reuses what another has packed. */
  readonly stream: boolean;
  readonly generator: Generator;
  parameter(name: string): Region;
  gradient(name: string): Region;
  /** A region of this layer's own. */
  keep(what: string, ...shape: number[]): Region;
  /** Where the output goes: kept when training, else shared with the layers after the next. */
  output(what: string, ...shape: number[]): Region;
  /** Scratch memory of so many bytes, shared by all layers (a stream's: its own); `ptr` holds once all are laid out. */
  work(bytes: number): Region;
  /** For each row of the plan the one that takes its place when every row is read from its end. */
  reversed(): Region;
  /** For each row of the batch where its last step is. */
  lastRows(): Region;
}

/**
 * A recurrent state [B, features]: where it starts, where it ends, and its gradient (last state's in, first state's out),
 * where it has one and the plan is for training. With lengths their rows are in the order of the plan's rows.
 */
export interface StateSlot {
  /** As the cell names it. */
  readonly name: string;
  readonly initial: Region;
  readonly final: Region;
  readonly gradient: Region | undefined;
}

/**
 * Rows still to be looked up: row i is row index[i] of a table [V, size]. A layer that multiplies its input can multiply
 * the table instead, once for all rows of one index.
 */
export interface Lookup {
  readonly index: Region;
  readonly table: Region;
  /** Of the table, when training; added to. */
  readonly gradient: Region | undefined;
}

/** A gate, or the state of a cell without gates. */
export interface GateTrace {
  readonly name: string;
  readonly activation: Activation;
  /** Whether its values are those that the activation takes, not those that it gives. */
  readonly ofArguments?: boolean | undefined;
  /** Which block of hiddenSize floats it is in a row of `PassTrace.values`. */
  readonly block: number;
  /** Which block of hiddenSize rows of W_hh is its own. */
  readonly weightBlock: number;
}

/** What a recurrent pass shows of itself: one direction of one stacked layer. */
export interface PassTrace {
  /** Its direction, and its parameters by kind: W_hh [gates · hiddenSize, hiddenSize], where there is one. */
  readonly place: { readonly reverse: boolean; region(kind: string): Region | undefined };
  readonly gates: readonly GateTrace[];
  readonly hiddenSize: number;
  /** [N, stride] what the gates are after a forward pass that trains, up to the backward pass. */
  readonly values: Region;
  /** Floats from row to row of `values`. */
  readonly stride: number;
  /** [N, W] the output of the pass. */
  readonly states: Region;
  /** [T, 3] norms that a backward pass notes (assembly/sequence/stepHook.ts). */
  readonly norms: Region | undefined;
}

/** One fused call a direction: a layer, or one of its stacked layers, laid out in memory. */
export interface Pass {
  readonly output: Region;
  readonly states: readonly StateSlot[];
  readonly traces?: readonly PassTrace[] | undefined;
  /** Before the first forward call of an update, which may take several: draws what all of them share. */
  begin?(): void;
  /** `packed`: the scratch memory still holds the weights as the last call packed them. */
  forward(packed: boolean): void;
  /**
   * Pointers of the gradients by output and by input, 0 to leave that out; parameters' gradients are added to. `finish`:
   * no part of the sequence is left.
   */
  backward(outputGradient: number, inputGradient: number, finish: boolean): void;
  /** After the last backward call of an update: adds the gradients of penalties, and gives their value. */
  end?(): number;
}

/** A layer: what it takes, its parameters, and how it lies in memory. It owns no memory itself. */
export interface Layer {
  /** Name of the class, as saved models have it. */
  readonly type: string;
  /** What it takes; `undefined` takes any features. */
  readonly input: Signal | undefined;
  /** Features it gives for so many taken. */
  outputSize(inputSize: number): number;
  /** Its parameters, in the order in which they are saved. */
  readonly parameters: readonly ParameterSpec[];
  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown>;
  /** Whether it gives one step a row, whatever it takes. */
  readonly reducesSteps?: boolean | undefined;
  /** Of a layer that reduces steps: takes the last step in time, also of a direction that ends at the first. @internal */
  readonly sameStep?: boolean | undefined;
  /** Whether its directions end at different steps, and it gives what `LayerScope.keepsLast` asks for. @internal */
  readonly hasDirections?: boolean | undefined;
  /** Whether it treats each element on its own, so that it may run before or after steps are reduced. @internal */
  readonly elementwise?: boolean | undefined;
  /** Whether a step's output needs later steps; then there is no step by step. */
  readonly needsFuture?: boolean | undefined;
  /** What it is that needs them, where it is not `bidirectional`. @internal */
  readonly whyFuture?: string | undefined;
  /** Whether it goes from step to step with a state. */
  readonly keepsState?: boolean | undefined;
  /**
   * Whether it changes nothing there; then it is left out. `stream`: step by step, each one the last so far.
   * @internal
   */
  isIdle?(training: boolean, stream: boolean): boolean;
  /** Of a layer that looks up rows, and does nothing else: what the next layer needs to do so itself. @internal */
  lookup?(scope: LayerScope, input: Region): Lookup;
  /** Whether it takes these rows still to be looked up, which must pay. @internal */
  takesLookup?(scope: LayerScope, lookup: Lookup): boolean;
  /** Lays out its passes. With a lookup, which it has taken, `input` holds the indices. @internal */
  reserve(scope: LayerScope, input: Region, lookup?: Lookup): Pass[];
}
