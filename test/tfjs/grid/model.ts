import * as tf from '@tensorflow/tfjs';
import { type Draw, drawOf } from './draw.ts';
import { type Any, KINDS, type Kind, recurrent } from './recurrent.ts';

const MERGES = ['concat', 'sum', 'mul', 'ave', null] as const;

/** Optimizers with rates at which 50 updates do not leave what float32 tells apart. */
const OPTIMIZERS: readonly (() => Any)[] = [
  () => tf.train.sgd(0.02),
  () => tf.train.momentum(0.01, 0.8),
  () => tf.train.momentum(0.01, 0.8, true),
  () => tf.train.adam(0.002),
  () => tf.train.adamax(0.002),
  () => tf.train.rmsprop(0.001),
  () => tf.train.rmsprop(0.001, 0.9, 0.5),
  () => tf.train.adagrad(0.01),
  () => tf.train.adadelta(0.1),
];

/** A model of the grid: built anew, its optimizer, and its data. */
export interface GridModel {
  readonly label: string;
  readonly model: Any;
  optimizer(): Any;
  /** New inputs and targets for one update. */
  batch(): { readonly x: Any[]; readonly y: Any };
  readonly stateful: boolean;
}

interface Sizes {
  readonly B: number;
  readonly T: number;
  readonly F: number;
}

/** The model of a seed. */
export function gridModel(seed: number): GridModel {
  const draw = drawOf(seed);
  // TF.js has no gradient through one step
  const sizes = { B: draw.integer(1, 5), T: draw.integer(2, 7), F: draw.integer(1, 5) };
  const stateful = draw.chance(0.15);
  const optimizer = draw.pick(OPTIMIZERS);
  const source = sequence(draw, sizes, 'x', stateful);
  const body = draw.pick([chain, chain, chain, withInitialState, twice, twoInputs]);
  const { output, inputs, label } = body(draw, sizes, source, stateful);
  const model = tf.model({ inputs: inputs.map(({ input }) => input), outputs: head(draw, output) });
  return {
    label: `seed ${seed}: ${label}, B ${sizes.B} T ${sizes.T} F ${sizes.F}`,
    model,
    optimizer,
    stateful,
    batch: () => ({
      x: inputs.map(({ values }) => values()),
      y: values(draw, [sizes.B, ...model.outputs[0].shape.slice(1)], 0.8),
    }),
  };
}

/** An input of a model and what follows it, [B, T, features]. */
interface Source {
  readonly input: Any;
  readonly output: Any;
  readonly label: string;
  values(): Any;
}

interface Body {
  readonly output: Any;
  readonly inputs: readonly Source[];
  readonly label: string;
}

/** Features, features with masked steps, or tokens. */
function sequence(draw: Draw, { B, T, F }: Sizes, name: string, stateful: boolean): Source {
  const batch = stateful ? B : null;
  if (draw.chance(0.3)) {
    const input = tf.input({ batchShape: [batch, T], dtype: 'int32', name });
    const maskZero = draw.chance(0.7);
    const embeddingsInitializer = tf.initializers.randomUniform({ seed: draw.integer(1, 1e6) });
    const embedding = tf.layers.embedding({ inputDim: 7, outputDim: F, maskZero, embeddingsInitializer });
    const tokens = () => Int32Array.from({ length: B * T }, () => draw.integer(0, 6));
    const values = () => tf.tensor(tokens(), [B, T], 'int32');
    return { input, output: embedding.apply(input), values, label: maskZero ? 'maskZero' : 'embedding' };
  }
  const input = tf.input({ batchShape: [batch, T, F], name });
  if (!draw.chance(0.25)) {
    return { input, output: input, values: () => values(draw, [B, T, F], 1), label: 'features' };
  }
  const masked = () => {
    const x = Float32Array.from({ length: B * T * F }, () => draw.next() * 2 - 1);
    for (let row = 0; row < B * T; row++) if (draw.chance(0.3)) x.fill(0, row * F, (row + 1) * F);
    return tf.tensor(x, [B, T, F]);
  };
  return {
    input,
    output: tf.layers.masking({ maskValue: 0 }).apply(input),
    values: masked,
    label: 'masking',
  };
}

/** One to three recurrent layers, each in one direction or both. */
function chain(draw: Draw, _: Sizes, source: Source, stateful: boolean): Body {
  let { output } = source;
  const labels: string[] = [source.label];
  const depth = draw.integer(1, 3);
  for (let i = 0; i < depth; i++) {
    const returnSequences = i < depth - 1 || draw.chance(0.5);
    const kind = draw.pick(KINDS);
    if (!stateful && kind !== 'rnn' && draw.chance(0.3)) {
      const mergeMode = draw.pick(MERGES);
      const layer = recurrent(draw, kind, { returnSequences });
      const merged = tf.layers.bidirectional({ layer, mergeMode } as Any).apply(output);
      output = Array.isArray(merged) ? tf.layers.concatenate().apply(merged) : merged;
      labels.push(`bidirectional ${kind} ${mergeMode}`);
    } else {
      output = recurrent(draw, kind, { returnSequences, stateful }).apply(output);
      labels.push(stateful ? `stateful ${kind}` : kind);
    }
  }
  return { output, inputs: [source], label: labels.join(' → ') };
}

/** A layer whose states start another one of its kind. */
function withInitialState(draw: Draw, sizes: Sizes, source: Source, stateful: boolean): Body {
  const kind = draw.pick(['lstm', 'gru', 'simpleRNN'] as const);
  const units = draw.integer(2, 9);
  const first = recurrent(draw, kind, { units, returnSequences: false, returnState: true });
  const [, ...states] = first.apply(source.output);
  const other = sequence(draw, sizes, 'other', stateful);
  const place = { units, returnSequences: draw.chance(0.7), returnState: draw.chance(0.3) };
  const second = recurrent(draw, kind, place);
  const outputs = second.apply(other.output, { initialState: states });
  return {
    output: Array.isArray(outputs) ? outputs[0] : outputs,
    inputs: [source, other],
    label: `${source.label} → ${kind} → initial state of ${kind} ← ${other.label}`,
  };
}

/** One layer called twice. */
function twice(draw: Draw, sizes: Sizes, source: Source): Body {
  const kind: Kind = draw.pick(KINDS);
  const { B, T, F } = sizes;
  const input = tf.input({ batchShape: [source.input.shape[0], T, F], name: 'other' });
  const layer = recurrent(draw, kind, { returnSequences: draw.chance(0.5) });
  const other = { input, output: input, label: 'features', values: () => values(draw, [B, T, F], 1) };
  const output = tf.layers.concatenate().apply([layer.apply(source.output), layer.apply(input)]);
  return { output, inputs: [source, other], label: `${source.label} and features → ${kind} twice` };
}

/** Two layers on two inputs. */
function twoInputs(draw: Draw, sizes: Sizes, source: Source, stateful: boolean): Body {
  const other = sequence(draw, sizes, 'other', stateful);
  const [a, b] = [draw.pick(KINDS), draw.pick(KINDS)];
  const returnSequences = draw.chance(0.5);
  const outputs = [
    recurrent(draw, a, { returnSequences }).apply(source.output),
    recurrent(draw, b, { returnSequences }).apply(other.output),
  ];
  const output = tf.layers.concatenate().apply(outputs);
  return { output, inputs: [source, other], label: `${source.label} → ${a}, ${other.label} → ${b}` };
}

/** A Dense, for each step where there are steps. */
function head(draw: Draw, output: Any): Any {
  const activation = draw.pick(['linear', 'tanh', 'softmax', 'sigmoid']);
  const kernelInitializer = tf.initializers.randomUniform({ seed: draw.integer(1, 1e6) });
  const dense = tf.layers.dense({ units: draw.integer(1, 4), activation, kernelInitializer });
  const steps = output.shape.length > 2;
  return (steps && draw.chance(0.6) ? tf.layers.timeDistributed({ layer: dense }) : dense).apply(output);
}

function values(draw: Draw, shape: number[], scale: number): Any {
  const length = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length }, () => (draw.next() * 2 - 1) * scale),
    shape,
  );
}
