import type { Activation } from '../activations.ts';
import type { Initializer } from '../init/initializers.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Layout, Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { StepGenerator } from './batchPart.ts';
import type { Rows } from './rows.ts';

/** Maximum number of layers of a model, and of stacked layers of a layer; bounds the work caused by untrusted input. */
export const MAX_LAYERS = 10_000;

/** A parameter of a layer; names and shapes are torch.nn's. */
export interface ParameterSpec {
  /** Name, such as `weight_ih_l0`. */
  readonly name: string;
  /** Shape, row-major; [out, in] for a matrix. */
  readonly shape: readonly number[];
  /** Fills it when a model is created. */
  readonly init: Initializer;
  /** Whether it is saved with the model but not trained, such as running statistics. Default false. */
  readonly buffer?: boolean | undefined;
  /** How many parameters it holds, where that is not the product of its shape: packed ones. */
  readonly holds?: number | undefined;
}

/** What a layer needs to lay out its memory for one plan: at most T steps of B rows, forward only or for training. */
export interface LayerScope {
  readonly kernels: KernelCalls;
  readonly arena: MemoryArena;
  readonly steps: number;
  readonly batch: number;
  /** The rows of the current call. */
  readonly rows: Rows;
  /** Steps of the whole sequence, which a plan may process in parts. */
  readonly wholeSteps: number;
  readonly training: boolean;
  /** For a layer with directions: output only each direction's last output of every row, [1, B, ·]. */
  readonly keepsLast: boolean;
  /** Whether backpropagation records the norms of the gradient at each step. */
  readonly flow: boolean;
  /** Whether it runs step by step, so that calls share packed weights. */
  readonly stream: boolean;
  readonly generator: StepGenerator;
  /** of: another layer of the model that has it. Default: this layer. */
  parameter(name: string, of?: Layer): Region;
  gradient(name: string, of?: Layer): Region;
  /** Allocates a region for this layer only. */
  keep(what: string, ...shape: number[]): Region;
  /** Allocates the output: kept for training, otherwise shared with the layers after the next. */
  output(what: string, ...shape: number[]): Region;
  /** Scratch memory, shared by all layers (not in a stream); `ptr` is valid once all layers are laid out. */
  work(bytes: number): Region;
  /** For each row of the plan, the row that replaces it when sequences are reversed. */
  reversed(): Region;
  /** For each row of the batch, the plan's row of its last step. */
  lastRows(): Region;
}

/**
 * Regions of a recurrent state [B, features]: initial and last state and, for training, the gradient (in: of the last
 * state, out: of the initial one). With lengths, rows are in the plan's order.
 */
export interface StateSlot {
  /** Name, as in the cell. */
  readonly name: string;
  readonly initial: Region;
  readonly final: Region;
  readonly gradient: Region | undefined;
}

/**
 * A pending lookup: row i is row index[i] of a table [V, size]. A layer that multiplies its input can multiply the
 * table instead, once per row of the table.
 */
export interface Lookup {
  readonly index: Region;
  readonly table: Region;
  /** Gradient of the table when training; accumulated. */
  readonly gradient: Region | undefined;
}

/** A gate, or the state of a cell without gates. */
export interface GateTrace {
  readonly name: string;
  readonly activation: Activation;
  /** Whether its values are arguments of the activation instead of results. */
  readonly ofArguments?: boolean | undefined;
  /** Index of its block of hiddenSize floats in a row of `PassTrace.values`. */
  readonly block: number;
  /** Index of its block of hiddenSize rows of W_hh. */
  readonly weightBlock: number;
}

/** Data of a recurrent pass for diagnostics: one direction of one stacked layer. */
export interface PassTrace {
  /** Its direction and parameters by kind: W_hh [gates · hiddenSize, hiddenSize], if it has one. */
  readonly place: { readonly reverse: boolean; region(kind: string): Region | undefined };
  readonly gates: readonly GateTrace[];
  readonly hiddenSize: number;
  /** [N, stride] gates, valid between a training forward pass and the backward pass. */
  readonly values: Region;
  /** Row stride of `values`, in floats. */
  readonly stride: number;
  /** [N, W] the output of the pass. */
  readonly states: Region;
  /** [T, 3] norms recorded by a backward pass (assembly/sequence/stepHook.ts). */
  readonly norms: Region | undefined;
}

/** A layer, or one of its stacked layers, laid out in memory: one fused kernel call per direction. */
export interface Pass {
  /** Region of the output. */
  readonly output: Region;
  readonly states: readonly StateSlot[];
  readonly traces?: readonly PassTrace[] | undefined;
  /** Called before the first forward call of an update, which may have several: draws their common random numbers. */
  begin?(): void;
  /** `packed`: the scratch memory still contains the weights packed by the last call. */
  forward(packed: boolean): void;
  /**
   * Pointers of the gradients with respect to output and input, 0 to skip one; parameter gradients are accumulated.
   * `finish`: this is the last part of the sequence.
   */
  backward(outputGradient: number, inputGradient: number, finish: boolean): void;
  /** Called after the last backward call of an update: adds the gradients of penalties and returns their value. */
  end?(): number;
}

/** A layer: its input, its parameters and its memory layout. It owns no memory. */
export interface Layer {
  /** Class name, as in saved models. */
  readonly type: string;
  /** Name that its parameters begin with in a model. Default: its index. In the whole package. */
  readonly name?: string | undefined;
  /** Its input; `undefined` accepts any number of features. */
  readonly input: Signal | undefined;
  /** Output features for the given input features. */
  outputSize(inputSize: number): number;
  /** Its parameters in the order in which they are saved. */
  readonly parameters: readonly ParameterSpec[];
  /** The constructor's arguments as JSON, for saved models. layers: those of its model, in the order of the file. */
  config(layers?: readonly Layer[]): Record<string, unknown>;
  /** The layer whose `weight` is its own, too; it must be part of the same model. @internal */
  readonly tied?: Layer | undefined;
  /**
   * For a layer that changes the number of steps, such as a convolution: the steps of its output for so many of its
   * input. The map never decreases, so that rows keep their order. Layers with the same key have the same map.
   */
  readonly timeAxis?:
    | {
        /** Equal for layers with the same map. */
        readonly key: string;
        /** Steps of the output. */
        steps(steps: number): number;
        /** Whether all steps of its output count, also where some of its input do not. */
        readonly all?: boolean | undefined;
      }
    | undefined;
  /**
   * For a layer with a `timeAxis`: the rows of its output, arranged whenever those of its input are. @internal
   */
  outputRows?(rows: Rows, layout: Layout): Rows;
  /**
   * For a layer that can't process every sequence: called before a sequence of T steps is laid out. ragged: with lengths
   * or a mask.
   * @throws {ArgumentError | ShapeError} if the sequence is too short or has lengths
   * @internal
   */
  checkSteps?(steps: number, ragged: boolean): void;
  /** Whether its output has one step per row. */
  readonly reducesSteps?: boolean | undefined;
  /** For a layer that reduces steps: use the last step in time for the reverse direction, too. @internal */
  readonly sameStep?: boolean | undefined;
  /** Whether its directions end at different steps and it supports `LayerScope.keepsLast`. @internal */
  readonly hasDirections?: boolean | undefined;
  /** With two directions whose outputs are concatenated: features of the forward one. @internal */
  readonly forwardSize?: number | undefined;
  /** Whether it is element-wise, so that it can run before or after steps are reduced. @internal */
  readonly elementwise?: boolean | undefined;
  /** Whether a step's output depends on later steps; then it can't run step by step. */
  readonly needsFuture?: boolean | undefined;
  /** Why it depends on them, if it is not bidirectional. @internal */
  readonly whyFuture?: string | undefined;
  /** Whether it needs the whole sequence in training, such as for its statistics. @internal */
  readonly trainsWhole?: boolean | undefined;
  /** Whether it carries a state from step to step. */
  readonly keepsState?: boolean | undefined;
  /**
   * Whether it is the identity; then it is skipped. `stream`: step by step, each step being the last so far.
   * @internal
   */
  isIdle?(training: boolean, stream: boolean): boolean;
  /** For a layer that only looks up rows: what the next layer needs to do the lookup itself. @internal */
  lookup?(scope: LayerScope, input: Region): Lookup;
  /** Whether it performs this lookup itself, which must be faster. @internal */
  takesLookup?(scope: LayerScope, lookup: Lookup): boolean;
  /** Whether a model may claim it. Default true. @internal */
  readonly free?: boolean | undefined;
  /** Makes it part of a model; `false` releases it. @internal */
  claim?(owned?: boolean): void;
  /** Lays out its passes. With a lookup, `input` contains the indices. @internal */
  reserve(scope: LayerScope, input: Region, lookup?: Lookup): Pass[];
}
