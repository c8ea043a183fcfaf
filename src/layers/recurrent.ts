import { boolean, integer, options } from '../check.ts';
import { type Initializer, initializer, uniform } from '../init/initializers.ts';
import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import type { Layer, Lookup, ParameterSpec, Pass, Scope } from './layer.ts';
import { Standalone } from './standalone.ts';

/** Options every recurrent layer has; defaults are torch.nn's. */
export interface RecurrentOptions {
  /** Layers on top of each other. Default 1. */
  readonly numLayers?: number;
  /** Whether there are `bias_ih` and `bias_hh`. Default true. */
  readonly bias?: boolean;
  /** By kind of parameter; those left out are uniform in ±1/√hiddenSize, as torch.nn's. */
  readonly init?: Partial<Record<ParameterKind, Initializer>>;
  /** Of the parameters when the layer is used alone; in a model it is the model's. Default 0. */
  readonly seed?: number;
}

export type ParameterKind = 'weight_ih' | 'weight_hh' | 'bias_ih' | 'bias_hh';
const KINDS: readonly ParameterKind[] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'];

export const RECURRENT_OPTIONS = ['numLayers', 'bias', 'init', 'seed'];

/** Pointers of one stacked layer's parameters or gradients; biases 0 where there are none. */
export interface Pointers {
  readonly weightIh: number;
  readonly weightHh: number;
  readonly biasIh: number;
  readonly biasHh: number;
}

/** What one stacked layer is laid out for. */
export interface LayerShape {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  /** Rows of the table that the input's rows are rows of; 0 without one. */
  readonly V: number;
}

/** What one stacked layer reads: rows x [T, B, I], or rows of a table x [V, I] in the order of indices. */
export interface Source {
  readonly x: Region;
  readonly index: number;
  /** Gradient of the table, which is added to; 0 without one. */
  readonly dTable: number;
}

/** A stream keeps the products of a table up to so many bytes. */
const STREAM_TABLE_BYTES = 4 * 2 ** 20;
/**
 * Otherwise a table is multiplied where its rows are looked up so many times each on average. Time of an update without
 * over with, LSTM H128, T64 B8, for tables of 1/4, 1/2, 3/4, 9/10 as many rows: 1.07 0.99 1.00 0.99 with 8 features,
 * 1.14 1.08 1.05 1.00 with 32, 1.28 1.17 1.07 1.02 with 64; inference alike, but 0.92 to 1.03 from 1/2 on with up
 * to 64 features where the products leave L2 (H256, T64 B32: 4 MB).
 */
const LOOKUPS_A_ROW = 2;

/**
 * A stack of recurrent layers of one cell: x [T, B, inputSize] to output [T, B, hiddenSize]. Each stacked layer is
 * one kernel call a pass. Parameters of layer k: `weight_ih_lk`, `weight_hh_lk`, `bias_ih_lk`, `bias_hh_lk`, shapes and
 * order of gates as torch.nn's.
 */
export abstract class Recurrent extends Standalone implements Layer {
  abstract readonly type: string;
  readonly #gates: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  protected readonly seed: number;
  readonly input: Signal;
  readonly parameters: readonly ParameterSpec[];

  protected constructor(gates: number, inputSize: number, hiddenSize: number, opts: RecurrentOptions) {
    super();
    this.#gates = gates;
    this.inputSize = integer('inputSize', inputSize, 1);
    this.hiddenSize = integer('hiddenSize', hiddenSize, 1);
    this.numLayers = integer('numLayers', opts.numLayers ?? 1, 1);
    this.bias = boolean('bias', opts.bias ?? true);
    this.seed = integer('seed', opts.seed ?? 0, 0);
    this.input = { kind: 'features', size: inputSize };
    const init = opts.init ?? {};
    for (const kind of Object.keys(options('init', init, KINDS))) {
      initializer(`init.${kind}`, init[kind as ParameterKind]);
    }
    const G = gates * hiddenSize;
    const standard = uniform(1 / Math.sqrt(hiddenSize));
    const shapes = (k: number): [ParameterKind, number[]][] => [
      ['weight_ih', [G, k ? hiddenSize : inputSize]],
      ['weight_hh', [G, hiddenSize]],
      ...(this.bias
        ? ([
            ['bias_ih', [G]],
            ['bias_hh', [G]],
          ] as [ParameterKind, number[]][])
        : []),
    ];
    this.parameters = Array.from({ length: this.numLayers }, (_, k) =>
      shapes(k).map(([kind, shape]) => ({ name: `${kind}_l${k}`, shape, init: init[kind] ?? standard })),
    ).flat();
  }

  outputSize(): number {
    return this.hiddenSize;
  }

  config(): Record<string, unknown> {
    const { inputSize, hiddenSize, numLayers, bias } = this;
    return { inputSize, hiddenSize, numLayers, bias };
  }

  takesLookup({ steps, batch, stream }: Scope, { table }: Lookup): boolean {
    const V = table.shape[0]!;
    if (stream) return V * this.#gates * this.hiddenSize * 4 <= STREAM_TABLE_BYTES;
    return V * LOOKUPS_A_ROW <= steps * batch;
  }

  reserve(scope: Scope, input: Region, lookup?: Lookup): Pass[] {
    const passes: Pass[] = [];
    let from: Source = lookup
      ? { x: lookup.table, index: lookup.index.ptr, dTable: lookup.gradient?.ptr ?? 0 }
      : { x: input, index: 0, dTable: 0 };
    for (let k = 0; k < this.numLayers; k++) {
      const shape = {
        T: scope.steps,
        B: scope.batch,
        I: k ? this.hiddenSize : this.inputSize,
        H: this.hiddenSize,
        V: k || !lookup ? 0 : lookup.table.shape[0]!,
      };
      const weights = this.#pointers((kind) => scope.parameter(`${kind}_l${k}`));
      const pass = scope.training
        ? this.trainingPass(
            scope,
            shape,
            from,
            weights,
            this.#pointers((kind) => scope.gradient(`${kind}_l${k}`)),
          )
        : this.inferencePass(scope, shape, from, weights);
      passes.push(pass);
      from = { x: pass.output, index: 0, dTable: 0 };
    }
    return passes;
  }

  protected abstract inferencePass(scope: Scope, shape: LayerShape, from: Source, w: Pointers): Pass;
  protected abstract trainingPass(
    scope: Scope,
    shape: LayerShape,
    from: Source,
    w: Pointers,
    d: Pointers,
  ): Pass;

  #pointers(region: (kind: ParameterKind) => Region): Pointers {
    return {
      weightIh: region('weight_ih').ptr,
      weightHh: region('weight_hh').ptr,
      biasIh: this.bias ? region('bias_ih').ptr : 0,
      biasHh: this.bias ? region('bias_hh').ptr : 0,
    };
  }
}

/** Row `t` of states kept as [., B, H]. */
export function stateAt(states: Region, t: number, { B, H }: LayerShape): Region {
  return { ptr: states.ptr + t * B * H * 4, shape: [B, H], length: B * H };
}

/** The output [T, B, H] inside states kept as [T + 1, B, H]. */
export function outputOf(states: Region, { T, B, H }: LayerShape): Region {
  return { ptr: states.ptr + B * H * 4, shape: [T, B, H], length: T * B * H };
}

/** Inference projects the input of so many steps at once that their gates [., B, gates] stay in L2 (256 kB). */
export function chunkSteps({ T, B }: LayerShape, gates: number): number {
  return Math.max(1, Math.min(T, Math.floor(65_536 / (B * gates))));
}
