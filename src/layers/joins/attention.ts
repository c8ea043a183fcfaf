import { integer, oneOf, options } from '../../check.ts';
import { type JoinInput, type JoinPass, type NodeShape, sameAxis } from '../../engine/join.ts';
import type { LayerScope, ParameterSpec } from '../../engine/layer.ts';
import { applyJoin, type GraphNode } from '../../engine/node.ts';
import { ArgumentError, ShapeError, Verbatim } from '../../errors.ts';
import { uniform } from '../../init/initializers.ts';
import type { NameOption } from '../layerName.ts';
import { type AttentionKind, attentionPass } from './attentionPass.ts';
import { checkFeatures, Join } from './join.ts';

/** Options of `Attention`. */
export interface AttentionOptions extends NameOption {
  /**
   * Scores of a query q and a key k: `dot` q·k (default; Luong et al. 2015, Keras's Attention), `scaled` q·k/√features
   * (Vaswani et al. 2017, torch's scaled_dot_product_attention), `additive` Σ scale ⊙ tanh(q + k) (Bahdanau et al. 2015,
   * Keras's AdditiveAttention).
   */
  readonly kind?: AttentionKind | undefined;
  /** For `additive`: the number of features to which query and key are projected first, as Bahdanau et al. Default: no projection. */
  readonly units?: number | undefined;
}

const KINDS: readonly AttentionKind[] = ['dot', 'scaled', 'additive'];

/**
 * Attention: at each step of the query, softmax(scores) · value, the softmax over the steps of the value that count.
 * Query and value are sequences with their own time axes and lengths, or the query is a vector. The output has the steps
 * of the query and the features of the value; it is zero where a row of the value has no steps.
 *
 * Parameters of `additive`: `scale` [features of the query]. With `units`: `query_weight` [units, features of the query],
 * `key_weight` [units, features of the key], `scale` [units].
 */
export class Attention extends Join {
  /** Class name, as in saved models. */
  readonly type = 'Attention';
  /** How scores are computed. */
  readonly kind: AttentionKind;
  /** Features of projected queries and keys; undefined without a projection. */
  readonly units: number | undefined;
  /** Features of query and key, once it was applied. */
  #sizes: readonly [query: number, key: number] | undefined;
  /** Its parameters in the order in which they are saved. */
  override parameters: readonly ParameterSpec[] = [];

  /** @throws {ArgumentError} if the kind or an option is unknown, or units is below 1 or given for another kind */
  constructor(opts?: AttentionOptions) {
    super(opts);
    const { kind = 'dot', units } = options('Attention', opts, { kind: true, units: true, name: true });
    oneOf('kind', kind, KINDS);
    if (units !== undefined && kind !== 'additive')
      throw new ArgumentError('units', `undefined for kind '${kind}'`, units);
    this.kind = kind;
    this.units = units === undefined ? units : integer('units', units, 1);
  }

  /**
   * @param query a sequence or a vector
   * @param value a sequence
   * @param key a sequence on the time axis of value. Default: value
   * @throws {ArgumentError} if value is a vector, or key is on another time axis
   * @throws {ShapeError} if the features of query and key differ, except with `units`
   */
  apply(query: GraphNode, value: GraphNode, key?: GraphNode): GraphNode {
    return applyJoin(this, key === undefined ? [query, value] : [query, value, key]);
  }

  /** The constructor's arguments as JSON, for saved models. */
  override config(): Record<string, unknown> {
    const { kind, units } = this;
    return { kind, ...(units === undefined ? {} : { units }) };
  }

  /** Shape of the output. */
  joined(inputs: readonly NodeShape[]): NodeShape {
    const [query, value, key = value] = inputs as readonly [NodeShape, NodeShape, NodeShape?];
    for (const [name, shape] of Object.entries({ query, value, key })) checkFeatures(name, shape);
    if (!value.axis) throw new ArgumentError('value', 'a sequence', new Verbatim('a vector'));
    if (!sameAxis(key.axis, value.axis))
      throw new ArgumentError('key', 'a sequence on the time axis of value', new Verbatim('one on another'));
    const name = inputs.length > 2 ? 'key' : 'value';
    if (this.units === undefined && key.size !== query.size)
      throw new ShapeError(name, `${query.size} features, as query`, `${key.size}`);
    this.#setSizes(query.size, key.size);
    return { kind: 'features', size: value.size, axis: query.axis };
  }

  /** @internal */
  needsWhole(input: number): boolean {
    return input > 0;
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    return attentionPass(scope, inputs, this.kind, this.units);
  }

  #setSizes(query: number, key: number): void {
    const known = this.#sizes ?? [query, key];
    if (known[0] !== query || known[1] !== key)
      throw new ShapeError(
        'query and key',
        `${known[0]} and ${known[1]} features, as before`,
        `${query} and ${key}`,
      );
    this.#sizes = known;
    if (this.kind !== 'additive') return;
    const { units = query } = this;
    const weight = (name: string, size: number) => {
      return { name, shape: [units, size], init: uniform(1 / Math.sqrt(size)) };
    };
    this.parameters = [
      ...(this.units === undefined ? [] : [weight('query_weight', query), weight('key_weight', key)]),
      // Keras's glorot_uniform for a vector
      { name: 'scale', shape: [units], init: uniform(Math.sqrt(3 / units)) },
    ];
  }
}
