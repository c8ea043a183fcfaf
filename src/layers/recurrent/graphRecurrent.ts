import { options } from '../../check.ts';
import { checkNode, GraphNode, outputShape } from '../../engine/node.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import { type NameOption, setName } from '../layerName.ts';
import { Standalone } from '../standalone.ts';
import type { Cell } from './cell.ts';
import type { RecurrentOptions } from './options.ts';

/**
 * What a recurrent layer makes of a node: its output, and the last states as vectors [B, numLayers · directions ·
 * features], those of all stacked layers one after the other: `hN`, and `cN` of an LSTM. The node itself is the output.
 */
export type RecurrentNode<States extends string = 'h'> = GraphNode & {
  /** Output of the last stacked layer at all steps. */
  readonly output: GraphNode;
} & { readonly [State in States as `${State}N`]: GraphNode };

/** Initial states: nodes of vectors, shaped as the last states. Default: zeros. */
export type InitialNodes<States extends string = 'h'> = {
  readonly [State in States as `${State}0`]?: GraphNode | undefined;
};

/** A recurrent layer that can be part of a graph. Nodes: names of the states that can be nodes. */
export abstract class GraphRecurrent<
  States extends string = 'h',
  Final extends string = never,
  Nodes extends string = States,
> extends Standalone<States, Final> {
  /** Name that its parameters begin with in a model. Default: its index. */
  declare readonly name?: string | undefined;

  protected constructor(
    inputSize: number,
    hiddenSize: number,
    opts: RecurrentOptions & NameOption,
    cell: Cell,
    own?: Readonly<Record<string, unknown>>,
  ) {
    super(inputSize, hiddenSize, opts, cell, own);
    setName(this, opts.name);
  }

  /** @internal */
  get forwardSize(): number | undefined {
    return this.bidirectional && this.common.mergeMode === 'concat' ? this.outputSize() / 2 : undefined;
  }

  /**
   * The nodes of this layer's output and last states, for `Model`.
   * @throws {ArgumentError} if a state is unknown or not a node of a vector
   * @throws {ShapeError} if a size does not match
   */
  apply(node: GraphNode, initial?: InitialNodes<Nodes>): RecurrentNode<Nodes> {
    const shape = outputShape(this, node);
    const states = Object.entries(this.cell.states);
    // without all states at hand, those of a cell whose states are relative to each other mean nothing
    const whole = states.every(([, { gradient = true }]) => gradient);
    const names = whole ? states.map(([name]) => `${name}0`) : [];
    const known = Object.fromEntries(names.map((name) => [name, true as const]));
    const given = options<Record<string, GraphNode>>(`${this.type}.apply`, initial as never, known);
    const size = (name: string) => {
      const { numLayers, bidirectional, hiddenSize } = this;
      return numLayers * (bidirectional ? 2 : 1) * (this.cell.states[name]!.width ?? hiddenSize);
    };
    const from: Record<string, GraphNode> = {};
    for (const [key, state] of Object.entries(given)) {
      const name = key.slice(0, -1);
      checkNode(key, state);
      const { kind, axis, size: width } = state.shape;
      if (kind !== 'features' || axis) throw new ArgumentError(key, 'a vector, such as hN', state);
      if (width !== size(name)) throw new ShapeError(key, `${size(name)} features`, `${width}`);
      from[name] = state;
    }
    const use = { layer: this, inputs: [node], initial: from, shape };
    const output = new GraphNode(shape, { use, state: undefined });
    const last = states.flatMap(([state, { gradient = true }]) => {
      const vector = { kind: 'features', size: size(state), axis: undefined } as const;
      return gradient ? [[`${state}N`, new GraphNode(vector, { use, state })] as const] : [];
    });
    return Object.assign(output, { output, ...Object.fromEntries(last) }) as never;
  }
}
