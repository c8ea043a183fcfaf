import type { InitialStates } from '../engine/graph.ts';
import type { Layer } from '../engine/layer.ts';
import type { GraphNode } from '../engine/node.ts';
import { ArgumentError, FormatError, ShapeError } from '../errors.ts';
import type { AmpDescription } from '../formats/amp/description.ts';
import { startFrom } from '../model/graph/initialStates.ts';
import { Model } from '../model/graph/model.ts';
import { type ModelNodes, nodesOf } from '../model/graph/structure.ts';
import { layerMaker } from '../model/registry.ts';
import type { NDArray } from '../ndarray.ts';

/**
 * A model of an amplifier: [T, B, inputSize] to [T, B, 1], a step per sample; the first channel is the signal, the others
 * are knobs. It streams and trains as every model. Streams, pools, and `forward` without options start from `initialStates`, to
 * which `reset` goes back; with options `forward` starts from zeros, as a trainer, whose `warmup` leaves out the first steps.
 */
export class AmpModel extends Model<GraphNode, GraphNode> {
  /** What wrote the file. */
  readonly format: AmpDescription['format'];
  /** Input channels. */
  readonly inputSize: number;
  /** Number of input channels that are added to the output. */
  readonly skip: number;
  /** In Hz; undefined if the file does not say it. */
  readonly sampleRate: number | undefined;

  /** @internal */
  constructor(description: AmpDescription) {
    const { format, inputSize, layers, skip, sampleRate, states, metadata } = description;
    super(asFormat(() => nodesOfAmp(description)));
    const parameters = layers.flatMap(({ parameters }, i) =>
      Object.entries(parameters).map(([name, numbers]) => [`${i}.${name}`, numbers] as const),
    );
    try {
      asFormat(() => {
        this.loadStateDict({ ...Object.fromEntries(parameters), ...selection(description) });
        startFrom(this, states);
      });
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.format = format;
    this.inputSize = inputSize;
    this.skip = skip;
    this.sampleRate = sampleRate;
    this.metadata = metadata;
  }

  /** States that were learned with the model, by name; empty where they are zeros. */
  get initialStates(): InitialStates {
    return this.network.initialStates;
  }
}

/** What makes a model of a file: errors of arguments and shapes are of the file. */
function asFormat<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ArgumentError || error instanceof ShapeError)) throw error;
    throw new FormatError(`amp: ${error.message}`, { cause: error });
  }
}

/** Layers one after the other, and behind them the sum with the first channels of the input. */
function nodesOfAmp({ inputSize, layers, skip }: AmpDescription): ModelNodes<GraphNode, GraphNode> {
  const make = layerMaker({});
  const made: Layer[] = layers.map(({ type, config, parameters }) =>
    make({ type, ...config }, Object.keys(parameters).length),
  );
  const uses: { layer: number; inputs: (number | [number])[] }[] = made.map((_, i) => ({
    layer: i,
    inputs: [i ? [i - 1] : 0],
  }));
  if (skip) {
    const last = made.length - 1;
    const isPart = skip < inputSize;
    if (isPart) {
      made.push(make({ type: 'Linear', inFeatures: inputSize, outFeatures: skip, bias: false }, 1));
      uses.push({ layer: last + 1, inputs: [0] });
    }
    made.push(make({ type: 'Add' }, 1));
    uses.push({ layer: made.length - 1, inputs: [[last], isPart ? [last + 1] : 0] });
  }
  const structure = {
    inputs: [{ features: inputSize, steps: true }],
    uses,
    outputs: [{ of: [uses.length - 1] }],
  };
  return nodesOf(structure, made) as ModelNodes<GraphNode, GraphNode>;
}

/** Parameters of the Linear that takes the first channels of the input: the identity. */
function selection({ inputSize, layers, skip }: AmpDescription): Record<string, NDArray> {
  if (!skip || skip === inputSize) return {};
  const data = new Float32Array(skip * inputSize);
  for (let i = 0; i < skip; i++) data[i * inputSize + i] = 1;
  return { [`${layers.length}.weight`]: { data, shape: [skip, inputSize] } };
}
