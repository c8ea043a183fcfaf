import * as tf from '@tensorflow/tfjs';

// Learns to add: the model of TF.js's example addition-rnn, which reads "12+34" and writes "46".
const CHARACTERS = '0123456789+ ';
const DIGITS = 2;
const QUESTION = 2 * DIGITS + 1;
const ANSWER = DIGITS + 1;

function createModel(kind, units) {
  const recurrent = (options) => tf.layers[kind]({ units, recurrentInitializer: 'glorotNormal', ...options });
  const model = tf.sequential();
  model.add(recurrent({ inputShape: [QUESTION, CHARACTERS.length] }));
  model.add(tf.layers.repeatVector({ n: ANSWER }));
  model.add(recurrent({ returnSequences: true }));
  const dense = tf.layers.dense({ units: CHARACTERS.length });
  model.add(tf.layers.timeDistributed({ layer: dense }));
  model.add(tf.layers.activation({ activation: 'softmax' }));
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  return model;
}

function oneHot(texts, length) {
  const buffer = tf.buffer([texts.length, length, CHARACTERS.length]);
  texts.forEach((text, i) => {
    [...text.padEnd(length)].forEach((c, t) => {
      buffer.set(1, i, t, CHARACTERS.indexOf(c));
    });
  });
  return buffer.toTensor();
}

export async function train({ kind = 'lstm', units = 128, steps = 1000, onStep }) {
  const sums = [];
  for (let a = 0; a < 100; a++) for (let b = 0; b < 100; b++) sums.push([a, b]);
  const x = oneHot(
    sums.map(([a, b]) => `${a}+${b}`),
    QUESTION,
  );
  const y = oneHot(
    sums.map(([a, b]) => `${a + b}`),
    ANSWER,
  );
  const model = createModel(kind, units);
  const batchSize = 128;
  await model.fit(x, y, {
    batchSize,
    epochs: Math.ceil(steps / Math.ceil(sums.length / batchSize)),
    yieldEvery: 'never',
    callbacks: { onBatchEnd: (_, { loss }) => onStep(loss, model) },
  });
}

export function answers(model, questions) {
  return tf.tidy(() => {
    const indices = model.predict(oneHot(questions, QUESTION)).argMax(2).arraySync();
    return indices.map((row) =>
      row
        .map((i) => CHARACTERS[i])
        .join('')
        .trim(),
    );
  });
}
