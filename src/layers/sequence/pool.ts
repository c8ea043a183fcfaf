import { keyOf, options } from '../../check.ts';
import type { LayerScope, Pass } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';
import { POOL_MAX, POOL_MEAN } from '../../wasm/generated/constants.ts';
import { LastStep } from '../lastStep.ts';
import type { NameOption } from '../layerName.ts';
import type { Windowing } from './geometry.ts';
import { poolPass } from './pool1d.ts';
import { WholeLayer } from './wholeLayer.ts';

const KINDS = { mean: POOL_MEAN, max: POOL_MAX, last: -1 } as const;

/** Options of `Pool`. */
export interface PoolOptions extends NameOption {
  /** The mean or the largest value of each feature over all steps of a row, or its last step. */
  readonly kind: keyof typeof KINDS;
}

/** One window over all steps of each row. */
const WHOLE: Windowing = {
  size: 0,
  stride: 1,
  dilation: 1,
  steps: (steps) => (steps > 0 ? 1 : 0),
  left: () => 0,
};

/**
 * Pools all steps of each row, or those that count if lengths or a mask are given: [T, B, F] to [1, B, F], in a graph to
 * a vector [B, F]; Keras's GlobalAveragePooling1D and GlobalMaxPooling1D. Zeros for rows without steps. `'last'` is the
 * last step in time of both directions of a bidirectional layer; for the last output of each direction use `LastStep`.
 * In a stream, `'last'` returns every step.
 */
export class Pool extends WholeLayer {
  /** Class name, as in saved models. */
  readonly type = 'Pool';
  /** Whether its output has one step per row. */
  readonly reducesSteps = true;
  /** @internal */
  readonly sameStep = true;
  /** What is kept of each row. */
  readonly kind: PoolOptions['kind'];
  /** @internal */
  readonly whyFuture: string;

  /** @throws {ArgumentError} if the kind or an option is unknown */
  constructor(opts: PoolOptions) {
    super(opts);
    const { kind } = options('Pool', opts, { kind: true, name: true });
    this.kind = keyOf('kind', kind, KINDS);
    this.whyFuture = `a ${kind} over all steps`;
  }

  /** Whether a step's output depends on later steps. */
  override get needsFuture(): boolean {
    return this.kind !== 'last';
  }

  /** @internal */
  isIdle(_training: boolean, stream: boolean): boolean {
    return stream && this.kind === 'last';
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { kind: this.kind };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    if (this.kind === 'last') return new LastStep({ sameStep: true }).reserve(scope, input);
    return [poolPass(scope, input, KINDS[this.kind], WHOLE, 1, true)];
  }
}
