// node scripts/demo-amp.mjs [UPDATES]: trains the amplifier of the demo's audio tab, an LSTM with sound and one knob as its
// inputs, and writes demo/src/audio/amp.safetensors. Needs dist/.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { practice } from '../demo/src/audio/guitar.js';
import { AdamW, cosineLR, Generator, init, Linear, LSTM, Sequential, Trainer } from '../dist/index.js';
import { root } from './tools.mjs';

const RATE = 48_000;
const HIDDEN = 20;
const UPDATES = Number(process.argv[2] ?? 1500);
/** Samples of a row, those that only fill the states, and rows of an update. */
const [STEPS, WARMUP, BATCH] = [1024, 256, 32];
/** Settings of the knob that are recorded, and seconds of each. */
const [KNOBS, SECONDS] = [24, 6];

/** What the amplifier makes of a sound: a filter, a tube that clips one side more and sags, and a loudspeaker. */
function amplifier(input, drive) {
  const gain = 2 * 20 ** drive;
  // as loud at each setting, about
  const level = 0.75 / gain ** 0.25;
  let [bass, bias, cone, air] = [0, 0, 0, 0];
  return input.map((x) => {
    bass += 0.02 * (x - bass);
    const driven = gain * (x - 0.7 * bass) - bias;
    const tube = driven > 0 ? Math.tanh(driven) : 0.8 * Math.tanh(1.25 * driven);
    bias += 0.0007 * (Math.max(driven, 0) - bias);
    cone += 0.45 * (tube - cone);
    air += 0.45 * (cone - air);
    return level * air;
  });
}

await init({ kernels: 'simd' });
const random = new Generator(1);
const recordings = Array.from({ length: KNOBS }, (_, i) => record(i / (KNOBS - 1)));
const wetAll = recordings.flatMap(({ wet }) => wet.reduce((sum, y) => sum + y * y, 0) / wet.length);
const energy = wetAll.reduce((a, b) => a + b) / KNOBS;

/** The error-to-signal ratio: the energy of the error over that of the amplifier. */
const esr = {
  name: 'esr',
  targets: 'features',
  evaluate: (output, target, gradient) => {
    let sum = 0;
    for (let i = 0; i < output.length; i++) {
      const error = output[i] - target[i];
      sum += error ** 2 / energy;
      if (gradient) gradient[i] = (2 * error) / energy;
    }
    return sum;
  },
};

const model = new Sequential([new LSTM(2, HIDDEN), new Linear(HIDDEN, 1)], { seed: 1 });
const [optimizer, schedule] = [new AdamW({ lr: 1e-2 }), cosineLR({ steps: UPDATES, floor: 0.01 })];
const trainer = new Trainer(model, { loss: esr, optimizer, schedule, clipNorm: 1, warmup: WARMUP });
for (let i = 1; i <= UPDATES; i++) {
  const { loss } = trainer.step(...batch());
  if (i % 100 === 0) console.log(`${i} updates: ESR ${loss.toFixed(4)}`);
}
for (const drive of [0, 0.5, 1])
  console.log(`drive ${drive}: ESR of unheard strings ${unheard(drive).toFixed(4)}`);
const bytes = model.save();
writeFileSync(join(root, 'demo/src/audio/amp.safetensors'), bytes);
console.log(`demo/src/audio/amp.safetensors, ${bytes.length} bytes`);

function record(drive) {
  const dry = practice(SECONDS, RATE, random);
  return { drive, dry, wet: amplifier(dry, drive) };
}

function batch() {
  const [x, y] = [new Float32Array(STEPS * BATCH * 2), new Float32Array(STEPS * BATCH)];
  for (let b = 0; b < BATCH; b++) {
    const { drive, dry, wet } = recordings[random.integer(KNOBS)];
    const from = random.integer(dry.length - STEPS);
    for (let t = 0; t < STEPS; t++) {
      x[2 * (t * BATCH + b)] = dry[from + t];
      x[2 * (t * BATCH + b) + 1] = drive;
      y[t * BATCH + b] = wet[from + t];
    }
  }
  return [
    { data: x, shape: [STEPS, BATCH, 2] },
    { data: y, shape: [STEPS, BATCH, 1] },
  ];
}

function unheard(drive) {
  const dry = practice(3, RATE, new Generator(99));
  const wet = amplifier(dry, drive);
  const x = new Float32Array(2 * dry.length).map((_, i) => (i % 2 ? drive : dry[i / 2]));
  const { data } = model.forward({ data: x, shape: [dry.length, 1, 2] });
  const sum = (of) => wet.reduce((total, y, i) => total + of(y, i) ** 2, 0);
  return sum((y, i) => y - data[i]) / sum((y) => y);
}
