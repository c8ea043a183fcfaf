import type { JoinInput, JoinLayer, JoinPass, NodeShape, TimeAxis } from '../../engine/join.ts';
import { sameAxis } from '../../engine/join.ts';
import type { LayerScope, ParameterSpec } from '../../engine/layer.ts';
import { ArgumentError, ShapeError, Verbatim } from '../../errors.ts';
import { SummarizedLayer } from '../../summary.ts';
import { type NameOption, setName, splitName } from '../layerName.ts';

/** Base class of layers with several inputs. */
export abstract class Join extends SummarizedLayer implements JoinLayer {
  /** Marks a layer with several inputs. */
  readonly joins = true;
  /** Name that its parameters begin with in a model. Default: its index. */
  declare readonly name?: string | undefined;
  readonly parameters: readonly ParameterSpec[] = [];

  constructor(opts?: NameOption) {
    super();
    setName(this, splitName([opts]).name);
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return {};
  }

  /** Shape of the output. */
  abstract joined(inputs: readonly NodeShape[]): NodeShape;
  /** @internal */
  abstract reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass;
}

/** @throws {ArgumentError} unless a node holds features */
export function checkFeatures(name: string, { kind }: NodeShape): void {
  if (kind !== 'features')
    throw new ArgumentError(name, 'a node of features', new Verbatim(`one of ${kind}`));
}

/**
 * Checks inputs that are joined step by step, and returns their time axis.
 * @throws {ArgumentError} unless there are at least two, of features, on one time axis
 */
export function commonAxis(type: string, inputs: readonly NodeShape[]): TimeAxis | undefined {
  if (inputs.length < 2)
    throw new ArgumentError(
      'nodes',
      `at least two nodes to apply ${type} to`,
      new Verbatim(`${inputs.length}`),
    );
  const { axis } = inputs[0]!;
  for (const [i, shape] of inputs.entries()) {
    checkFeatures(`nodes[${i}]`, shape);
    if (sameAxis(axis, shape.axis)) continue;
    const name = (of: TimeAxis | undefined) => (of ? 'a sequence' : 'a vector');
    const got = shape.axis && axis ? 'a sequence on another one' : name(shape.axis);
    throw new ArgumentError(
      `nodes[${i}]`,
      axis ? 'a sequence on the time axis of nodes[0]' : 'a vector, as nodes[0]',
      new Verbatim(got),
    );
  }
  return axis;
}

/** As commonAxis, of inputs with the same number of features: the shape of the output. */
export function commonShape(type: string, inputs: readonly NodeShape[]): NodeShape {
  const axis = commonAxis(type, inputs);
  const { size } = inputs[0]!;
  const other = inputs.findIndex((shape) => shape.size !== size);
  if (other >= 0)
    throw new ShapeError(`nodes[${other}]`, `${size} features, as nodes[0]`, `${inputs[other]!.size}`);
  return { kind: 'features', size, axis };
}
