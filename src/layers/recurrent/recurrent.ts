import { integer, options } from '../../check.ts';
import type { Layer, LayerScope, Lookup, ParameterSpec, Pass } from '../../engine/layer.ts';
import { onlyInFullPackage } from '../../errors.ts';
import { initializer } from '../../init/initializers.ts';
import type { Region } from '../../memory/layout.ts';
import type { Signal } from '../../ndarray.ts';
import { SummarizedLayer } from '../../summary.ts';
import { dropoutPass } from '../dropout.ts';
import { bidirectionalPass } from './bidirectional.ts';
import { type Cell, outputWidth, type ParameterKinds } from './cell.ts';
import type { Place, Source } from './direction.ts';
import { mapped } from './mapped.ts';
import { type Common, commonOptions, type RecurrentOptions, savedOptions } from './options.ts';

/** Maximum size in bytes of the table products kept by a stream. */
const STREAM_TABLE_BYTES = 4 * 2 ** 20;
/**
 * Otherwise the table is multiplied if each of its rows is looked up this many times on average. Time of an update
 * without divided by with, LSTM H128, T64 B8, for tables with 1/4, 1/2, 3/4, 9/10 as many rows: 1.07 0.99 1.00 0.99
 * with 8 features, 1.14 1.08 1.05 1.00 with 32, 1.28 1.17 1.07 1.02 with 64; similar for inference, but 0.92 to 1.03
 * from 1/2 on with up to 64 features if the products exceed L2 (H256, T64 B32: 4 MB).
 */
const LOOKUPS_A_ROW = 2;

/**
 * A stack of recurrent layers with one cell: x [T, B, inputSize] to output [T, B, hiddenSize], or 2·hiddenSize with
 * both directions concatenated. Each direction of each stacked layer is one kernel call per pass. Parameters of layer
 * k: `weight_ih_lk`, `weight_hh_lk`, `bias_ih_lk`, `bias_hh_lk`, with the suffix `_reverse` for the reverse
 * direction; shapes and gate order as in torch.nn.
 */
export abstract class Recurrent extends SummarizedLayer implements Layer {
  /** Class name, as in saved models. */
  abstract override readonly type: string;
  /** Input features. */
  readonly inputSize: number;
  /** Units per direction and stacked layer. */
  readonly hiddenSize: number;
  /** Number of stacked layers. */
  readonly numLayers: number;
  /** Whether it has biases. */
  readonly bias: boolean;
  /** Whether it has a reverse direction. */
  readonly bidirectional: boolean;
  /** Whether inputs and outputs of a standalone layer are [B, T, ·]. */
  readonly batchFirst: boolean;
  readonly input: Signal;
  readonly parameters: readonly ParameterSpec[];
  readonly keepsState = true;
  /** @internal */
  readonly cell: Cell;
  /** Seed of the parameters of a standalone layer. */
  protected readonly seed: number;
  protected readonly common: Common;
  readonly #width: number;
  readonly #own: Readonly<Record<string, unknown>>;
  /** The parameters of the first layer, by kind. */
  readonly #kinds: ParameterKinds;

  /** @param own options of the class that differ from their defaults, for saved models */
  protected constructor(
    inputSize: number,
    hiddenSize: number,
    opts: RecurrentOptions,
    cell: Cell,
    own: Readonly<Record<string, unknown>> = {},
  ) {
    super();
    this.cell = cell;
    this.inputSize = integer('inputSize', inputSize, 1);
    this.hiddenSize = integer('hiddenSize', hiddenSize, 1);
    this.common = commonOptions(opts);
    ({
      numLayers: this.numLayers,
      bias: this.bias,
      bidirectional: this.bidirectional,
      batchFirst: this.batchFirst,
    } = this.common);
    this.seed = integer('seed', opts.seed ?? 0, 0);
    this.input = { kind: 'features', size: inputSize };
    this.#width = outputWidth(cell, hiddenSize);
    this.#own = own;
    const kinds = (width: number) =>
      Object.entries(cell.parameters(width, hiddenSize)).filter(([, { isBias }]) => this.bias || !isBias);
    this.#kinds = Object.fromEntries(kinds(inputSize));
    const init = options(
      'init',
      opts.init ?? {},
      mapped(this.#kinds, () => true),
    );
    for (const [kind, value] of Object.entries(init)) initializer(`init.${kind}`, value);
    const suffixes = this.bidirectional ? ['', '_reverse'] : [''];
    this.parameters = Array.from({ length: this.numLayers }, (_, k) =>
      suffixes.flatMap((suffix) =>
        kinds(this.#inputOf(k)).map(([name, { shape, init: standard }]) => ({
          name: `${name}_l${k}${suffix}`,
          shape,
          init: init[name] ?? standard,
        })),
      ),
    ).flat();
  }

  outputSize(): number {
    return this.#width * (this.bidirectional && this.common.mergeMode === 'concat' ? 2 : 1);
  }

  /** Whether a step depends on later steps. */
  get needsFuture(): boolean {
    return this.bidirectional;
  }

  /** @internal */
  get hasDirections(): boolean {
    return this.bidirectional;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    const { inputSize, hiddenSize, common } = this;
    return { inputSize, hiddenSize, ...savedOptions(common), ...this.#own };
  }

  /** @internal */
  takesLookup({ wholeSteps, batch, stream, training }: LayerScope, { table }: Lookup): boolean {
    if (!this.cell.takesTable || (training && this.common.inputDropout > 0)) return false;
    const V = table.shape[0]!;
    if (stream) return V * this.#kinds.weight_ih!.shape[0]! * 4 <= STREAM_TABLE_BYTES;
    return V * LOOKUPS_A_ROW <= wholeSteps * batch;
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region, lookup?: Lookup): Pass[] {
    const { training } = scope;
    const { dropout, inputDropout, mergeMode } = this.common;
    const passes: Pass[] = [];
    const push = (pass: Pass): Region => {
      passes.push(pass);
      return pass.output;
    };
    let x = input;
    for (let k = 0; k < this.numLayers; k++) {
      if (training && inputDropout > 0) x = push(dropoutPass(scope, x, inputDropout, true));
      const keepsLast = scope.keepsLast && k + 1 === this.numLayers;
      const from: Source =
        lookup && k === 0
          ? { x: lookup.table, index: lookup.index, dTable: lookup.gradient?.ptr ?? 0 }
          : { x, index: undefined, dTable: 0 };
      const I = this.#inputOf(k);
      const shape = { I, H: this.hiddenSize, V: from.index ? from.x.shape[0]! : 0 };
      const lay = (inner: LayerScope, source: Source, reverse: boolean) =>
        this.cell.lay(inner, shape, source, this.#place(scope, k, reverse));
      x = push(
        this.bidirectional
          ? bidirectionalPass(scope, from, I, this.#width, mergeMode, keepsLast, lay)
          : lay(scope, from, false),
      );
      if (training && dropout > 0 && k + 1 < this.numLayers) x = push(dropoutPass(scope, x, dropout));
    }
    return passes;
  }

  /** Only in the whole package: `Standalone`. @internal */
  forward(..._: never[]): unknown {
    throw onlyInFullPackage(`${this.type} without a model`);
  }

  #inputOf(layer: number): number {
    return layer ? this.outputSize() : this.inputSize;
  }

  #place(scope: LayerScope, layer: number, reverse: boolean): Place {
    const full = (kind: string) => `${kind}_l${layer}${reverse ? '_reverse' : ''}`;
    const has = (kind: string) => kind in this.#kinds;
    return {
      reverse,
      parameter: (kind) => (has(kind) ? scope.parameter(full(kind)).ptr : 0),
      gradient: (kind) => (scope.training && has(kind) ? scope.gradient(full(kind)).ptr : 0),
      region: (kind) => (has(kind) ? scope.parameter(full(kind)) : undefined),
    };
  }
}
