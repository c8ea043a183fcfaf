import { instance, integer, options } from '../../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';
import {
  activationPass,
  isIdentity,
  type LayerActivation,
  layerActivation,
  plainActivation,
} from '../activationPass.ts';
import { Embedding } from '../embedding.ts';
import type { NameOption } from '../layerName.ts';
import { Linear as CoreLinear, type LinearOptions as CoreOptions } from '../linear.ts';
import { singleInput } from './singleInput.ts';

/** Options of `Linear`. */
export interface LinearOptions extends CoreOptions, NameOption {
  /** Activation of the output, as Keras's. Default: none. */
  readonly activation?: LayerActivation | undefined;
  /**
   * An `Embedding` of the same model whose table is the weight, too (Press & Wolf 2017): inFeatures is its embeddingDim,
   * outFeatures its numEmbeddings. Their gradients are summed, and the table is saved once. Default: none.
   */
  readonly tied?: Embedding | undefined;
}

/** Options of `Linear` without sizes. */
export interface TiedOptions extends LinearOptions {
  readonly tied: Embedding;
}

/**
 * y = φ(x·Wᵀ + b) at every step: [T, B, inFeatures] to [T, B, outFeatures], as torch.nn.Linear and Keras's Dense.
 * Parameters: `weight` [outFeatures, inFeatures], unless it is tied, and `bias` [outFeatures].
 */
export class Linear extends singleInput(CoreLinear) {
  /** Its parameters in the order in which they are saved. */
  declare readonly parameters: readonly ParameterSpec[];
  /** φ. */
  readonly activation: LayerActivation;
  /** The embedding whose table is the weight. */
  override readonly tied: Embedding | undefined;

  /** With the sizes of the tied table. @throws {ArgumentError} as with sizes */
  constructor(opts: TiedOptions);
  /** @throws {ArgumentError} if a size is below 1 or not that of the tied table, or an option is unknown */
  constructor(inFeatures: number, outFeatures: number, opts?: LinearOptions);
  constructor(given: number | TiedOptions, out?: number, opts?: LinearOptions) {
    const all = { bias: true, init: true, activation: true, tied: true, name: true } as const;
    const sized = typeof given !== 'object' || given === null;
    const { activation = 'identity', tied, ...rest } = options('Linear', sized ? opts : given, all);
    if (!sized || tied !== undefined) instance('tied', tied, Embedding, 'an Embedding');
    const inFeatures = sized ? given : tied!.embeddingDim;
    const outFeatures = sized ? out! : tied!.numEmbeddings;
    super(inFeatures, outFeatures, rest);
    this.activation = plainActivation(layerActivation('activation', activation));
    this.tied = tied;
    if (!tied) return;
    integer('inFeatures (embeddingDim of tied)', inFeatures, tied.embeddingDim, tied.embeddingDim);
    integer('outFeatures (numEmbeddings of tied)', outFeatures, tied.numEmbeddings, tied.numEmbeddings);
    this.parameters = this.parameters.filter(({ name }) => name !== 'weight');
  }

  /** The constructor's arguments as JSON, for saved models. */
  override config(layers?: readonly Layer[]): Record<string, unknown> {
    const { activation, tied } = this;
    return {
      ...super.config(),
      ...(isIdentity(activation) ? {} : { activation }),
      ...(tied ? { tied: layers?.indexOf(tied) ?? true } : {}),
    };
  }

  /** @internal */
  override reserve(scope: LayerScope, input: Region): Pass[] {
    const { activation } = this;
    const passes = super.reserve(scope, input);
    if (isIdentity(activation)) return passes;
    const checked = layerActivation('activation', activation);
    return [...passes, activationPass(scope, passes[0]!.output, checked, true)];
  }
}
