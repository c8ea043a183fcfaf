import type { InitialStates } from '../engine/graph.ts';
import type { JoinLayer } from '../engine/join.ts';
import type { Layer } from '../engine/layer.ts';
import { Model } from '../model/graph/model.ts';
import type { Sequential } from '../model/sequential.ts';

/** Shape of a value. */
export interface Shape {
  readonly kind: 'indices' | 'features';
  readonly size: number;
  /** Whether it has steps. */
  readonly axis: unknown;
}

/** A model as a list of uses, whether it is a chain or a graph. */
export interface View {
  /** maskValue: steps equal to it do not count. */
  readonly inputs: readonly {
    readonly name: string;
    readonly value: number;
    readonly maskValue?: number | undefined;
  }[];
  readonly outputs: readonly { readonly name: string; readonly value: number }[];
  readonly shapes: readonly Shape[];
  readonly uses: readonly {
    readonly layer: Layer | JoinLayer;
    readonly place: number;
    readonly inputs: readonly number[];
    readonly initial: readonly (readonly [string, number])[];
    readonly output: number;
    readonly final: readonly (readonly [string, number])[];
  }[];
  /** States from which `forward` starts instead of zeros, such as `0.h_l0`. */
  readonly initialStates: InitialStates;
  /** Names of time axes. */
  steps(axis: unknown): string | number;
}

/** The uses of a model's layers, each after those whose values it reads. */
export function viewOf(model: Sequential | Model): View {
  return model instanceof Model ? viewOfGraph(model) : viewOfChain(model);
}

function viewOfGraph({ graph, network }: Model): View {
  const { inputs, outputs, values, operations, axes } = graph;
  return {
    inputs,
    outputs,
    shapes: values.map(({ shape }) => shape),
    uses: operations,
    initialStates: network.initialStates,
    steps: (axis) => {
      const found = axes.find((one) => one.axis === axis);
      if (found) return axes.length > 1 ? `steps_${found.name}` : 'steps';
      return (axis as { fixed?: number }).fixed ?? 'steps_out';
    },
  };
}

/** A chain keeps its steps: one behind a layer that reduces them. */
function viewOfChain({ layers, network }: Sequential): View {
  const [whole, one, changed] = [{}, {}, {}];
  const shapes: Shape[] = [{ ...network.input, axis: whole }];
  const uses = layers.map((layer, i) => {
    const { size, axis } = shapes[i]!;
    const next = layer.reducesSteps ? one : layer.timeAxis ? changed : axis;
    shapes.push({ kind: 'features', size: layer.outputSize(size), axis: next });
    return { layer, place: i, inputs: [i], initial: [], output: i + 1, final: [] };
  });
  return {
    inputs: [{ name: 'x', value: 0 }],
    outputs: [{ name: 'output', value: layers.length }],
    shapes,
    uses,
    initialStates: {},
    steps: (axis) => (axis === whole ? 'steps' : axis === one ? 1 : 'steps_out'),
  };
}
