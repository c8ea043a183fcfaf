// Models of TF.js's own examples (tensorflow/tfjs-examples), with batches of random data of their shapes.

/** Layers that give the last step: of date-conversion-attention. By copy of TF.js. */
const lastSteps = new WeakMap();

function lastStep(tf) {
  if (!lastSteps.has(tf)) {
    class GetLastTimestepLayer extends tf.layers.Layer {
      static className = 'GetLastTimestepLayer';
      computeOutputShape([batch, , width]) {
        return [batch, width];
      }
      call(inputs) {
        return tf.tidy(() => {
          const input = Array.isArray(inputs) ? inputs[0] : inputs;
          return tf.squeeze(tf.gather(input, [input.shape[1] - 1], 1), [1]);
        });
      }
    }
    lastSteps.set(tf, GetLastTimestepLayer);
  }
  return new (lastSteps.get(tf))({ name: 'encoderLast' });
}

/** glorotNormal: TF.js's orthogonal initializer takes seconds. */
const fast = { recurrentInitializer: 'glorotNormal' };

function textGeneration(tf, { units = 128, length = 60, characters = 71 } = {}) {
  const model = tf.sequential();
  model.add(tf.layers.lstm({ units, returnSequences: true, inputShape: [length, characters], ...fast }));
  model.add(tf.layers.lstm({ units, ...fast }));
  model.add(tf.layers.dense({ units: characters, activation: 'softmax' }));
  model.compile({ optimizer: tf.train.rmsprop(1e-2), loss: 'categoricalCrossentropy' });
  return {
    model,
    batch: (size) => ({ x: oneHot(tf, size, length, characters), y: oneHot(tf, size, 0, characters) }),
  };
}

function addition(kind) {
  return (tf, { units = 128 } = {}) => {
    const [steps, digits, characters] = [5, 3, 12];
    const model = tf.sequential();
    model.add(tf.layers[kind]({ units, inputShape: [steps, characters], ...fast }));
    model.add(tf.layers.repeatVector({ n: digits }));
    model.add(tf.layers[kind]({ units, returnSequences: true, ...fast }));
    model.add(tf.layers.timeDistributed({ layer: tf.layers.dense({ units: characters }) }));
    model.add(tf.layers.activation({ activation: 'softmax' }));
    model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    return {
      model,
      batch: (size) => ({ x: oneHot(tf, size, steps, characters), y: oneHot(tf, size, digits, characters) }),
    };
  };
}

function dateConversion(tf, { units = 64 } = {}) {
  const [inputs, outputs, inputLength, outputLength] = [35, 13, 12, 10];
  const { layers } = tf;
  const encoderInput = tf.input({ shape: [inputLength] });
  const decoderInput = tf.input({ shape: [outputLength] });
  const embedding = (inputDim, length) =>
    layers.embedding({ inputDim, outputDim: units, inputLength: length, maskZero: true });
  const lstm = () => layers.lstm({ units, returnSequences: true, ...fast });
  const encoder = lstm().apply(embedding(inputs, inputLength).apply(encoderInput));
  const last = lastStep(tf).apply(encoder);
  const decoder = lstm().apply(embedding(outputs, outputLength).apply(decoderInput), {
    initialState: [last, last],
  });
  const scores = layers.dot({ axes: [2, 2] }).apply([decoder, encoder]);
  const attention = layers.activation({ activation: 'softmax', name: 'attention' }).apply(scores);
  const context = layers.dot({ axes: [2, 1] }).apply([attention, encoder]);
  const combined = layers.concatenate().apply([context, decoder]);
  const dense = (n, activation) => layers.timeDistributed({ layer: layers.dense({ units: n, activation }) });
  const output = dense(outputs, 'softmax').apply(dense(units, 'tanh').apply(combined));
  const model = tf.model({ inputs: [encoderInput, decoderInput], outputs: output });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  return {
    model,
    batch: (size) => ({
      x: [numbers(tf, size, inputLength, inputs), numbers(tf, size, outputLength, outputs)],
      y: oneHot(tf, size, outputLength, outputs),
    }),
  };
}

/** By name; each makes `{ model, batch }` for a TF.js, smaller with smaller units. */
export const PROGRAMS = {
  'lstm-text-generation': textGeneration,
  'addition-rnn, lstm': addition('lstm'),
  'addition-rnn, gru': addition('gru'),
  'addition-rnn, simpleRNN': addition('simpleRNN'),
  'date-conversion-attention': dateConversion,
};

let seed = 1;
/** 0 … n − 1, the same ones in each run. */
function draw(n) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}

/** [size, length, n], or [size, n] where the length is 0. */
function oneHot(tf, size, length, n) {
  const rows = size * Math.max(length, 1);
  const values = new Float32Array(rows * n);
  for (let i = 0; i < rows; i++) values[i * n + draw(n)] = 1;
  return tf.tensor(values, length ? [size, length, n] : [size, n]);
}

/** 1 … n − 1, and zeros at the end of some rows. */
function numbers(tf, size, length, n) {
  const values = new Float32Array(size * length);
  for (let b = 0; b < size; b++) {
    const end = length - draw(3);
    for (let t = 0; t < end; t++) values[b * length + t] = 1 + draw(n - 1);
  }
  return tf.tensor(values, [size, length]);
}
