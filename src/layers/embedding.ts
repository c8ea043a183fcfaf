import { integer, options } from '../check.ts';
import type { Layer, LayerScope, Lookup, ParameterSpec, Pass } from '../engine/layer.ts';
import { type Initializer, initializer, normal } from '../init/initializers.ts';
import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import { SummarizedLayer } from '../summary.ts';

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** Initializer of the table. Default: normal with standard deviation 1, as torch.nn.Embedding. */
  readonly init?: Initializer | undefined;
}

/**
 * Looks up rows of a table by index: [T, B] to [T, B, embeddingDim], as torch.nn.Embedding. Parameter: `weight`
 * [numEmbeddings, embeddingDim].
 */
export class Embedding extends SummarizedLayer implements Layer {
  /** Class name, as in saved models. */
  readonly type = 'Embedding';
  readonly input: Signal;
  readonly parameters: readonly ParameterSpec[];
  /** Number of rows of the table; indices must be below it. */
  readonly numEmbeddings: number;
  /** Features per row. */
  readonly embeddingDim: number;

  /** @throws {ArgumentError} if a size is below 1 or an option is unknown */
  constructor(numEmbeddings: number, embeddingDim: number, opts?: EmbeddingOptions) {
    super();
    this.numEmbeddings = integer('numEmbeddings', numEmbeddings, 1);
    this.embeddingDim = integer('embeddingDim', embeddingDim, 1);
    const { init = normal() } = options('Embedding', opts, { init: true });
    initializer('init', init);
    this.input = { kind: 'indices', size: numEmbeddings };
    this.parameters = [{ name: 'weight', shape: [numEmbeddings, embeddingDim], init }];
  }

  outputSize(): number {
    return this.embeddingDim;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { numEmbeddings: this.numEmbeddings, embeddingDim: this.embeddingDim };
  }

  /** @internal */
  lookup(scope: LayerScope, index: Region): Lookup {
    const gradient = scope.training ? scope.gradient('weight') : undefined;
    return { index, table: scope.parameter('weight'), gradient };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, steps, batch, rows } = scope;
    const n = this.embeddingDim;
    const weight = scope.parameter('weight').ptr;
    const gradient = scope.training ? scope.gradient('weight').ptr : 0;
    const output = scope.output('embedding', steps, batch, n);
    return [
      {
        output,
        states: [],
        forward: () => {
          kernels.gather_rows(rows.count, n, weight, input.ptr, output.ptr);
        },
        backward: (dy) => {
          kernels.scatter_add_rows(rows.count, n, dy, input.ptr, gradient);
        },
      },
    ];
  }
}
