import type { Layer } from '../engine/layer.ts';
import type { GraphNode } from '../engine/node.ts';
import { ArgumentError, FormatError, ShapeError } from '../errors.ts';
import type { AmpDescription } from '../formats/amp/description.ts';
import { type GraphForwardOptions, type GraphStreamOptions, Model } from '../model/graph/model.ts';
import { type ModelNodes, nodesOf } from '../model/graph/structure.ts';
import { layerMaker } from '../model/registry.ts';
import type { Stream } from '../model/stream.ts';
import type { Given, NDArray } from '../ndarray.ts';
import { AmpStream, type InitialStates } from './ampStream.ts';

/**
 * A model of an amplifier: [T, B, inputSize] to [T, B, 1], a step per sample; the first channel is the signal, the others
 * are knobs. It streams and trains as every model.
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
  /** States that were learned with the model, by name; empty where they are zeros. */
  readonly initialStates: InitialStates;

  /** @internal */
  constructor(description: AmpDescription) {
    const { format, inputSize, layers, skip, sampleRate, states, metadata } = description;
    super(asFormat(() => nodesOfAmp(description)));
    const parameters = layers.flatMap(({ parameters }, i) =>
      Object.entries(parameters).map(([name, numbers]) => [`${i}.${name}`, numbers] as const),
    );
    try {
      asFormat(() => this.loadStateDict({ ...Object.fromEntries(parameters), ...selection(description) }));
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.format = format;
    this.inputSize = inputSize;
    this.skip = skip;
    this.sampleRate = sampleRate;
    this.initialStates = states;
    this.metadata = metadata;
  }

  /**
   * As `forward` of a `Model`, from the initial states. With options the states are zeros, as those of a trainer: its
   * `warmup` leaves out the first steps.
   */
  override forward(x: Given, opts?: GraphForwardOptions): NDArray {
    if (!Object.keys(this.initialStates).length || opts !== undefined) return super.forward(x, opts);
    return fromStates(this, this.inputSize, x);
  }

  /** As `stream` of a `Model`, from the initial states, to which `reset` goes back. */
  override stream(opts?: GraphStreamOptions): Stream {
    if (!Object.keys(this.initialStates).length) return super.stream(opts);
    return new AmpStream(this.network, opts ?? {}, this.initialStates);
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

/** The output of a whole signal from the states that a stream of the model starts from. */
export function fromStates(
  model: Pick<Model<GraphNode, GraphNode>, 'stream' | 'network'>,
  inputSize: number,
  x: Given,
): NDArray {
  // a bare array is one row
  const { data, shape = [data.length / inputSize, 1] } = 'data' in x ? x : { data: x };
  const [steps, batch] = shape as [number, number];
  const stream = model.stream({ batch, block: steps });
  try {
    return { data: new Float32Array(stream.steps(data)), shape: [steps, batch, model.network.outputSize] };
  } finally {
    stream.dispose();
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
