// Plucked strings, and an amplifier to learn from: a filter, a tube that clips one side more, and a loudspeaker.
import { Generator } from 'unrolled';

const SAMPLE_RATE = 16_000;

/** `seconds` of plucked strings (Karplus and Strong 1983), a note every quarter of a second. */
export function guitar(seconds, seed) {
  const random = new Generator(seed);
  const out = new Float32Array(seconds * SAMPLE_RATE);
  for (let start = 0; start < out.length; start += SAMPLE_RATE / 4) {
    const string = Float32Array.from({ length: 40 + random.integer(150) }, () => random.uniform() - 0.5);
    const loudness = 0.3 + 0.7 * random.uniform();
    for (let i = 0; i < SAMPLE_RATE / 2 && start + i < out.length; i++) {
      const at = i % string.length;
      out[start + i] += loudness * string[at];
      string[at] = 0.498 * (string[at] + string[(at + 1) % string.length]);
    }
  }
  return out;
}

/** What the amplifier makes of it. */
export function amplifier(input) {
  let [bass, bias, speaker] = [0, 0, 0];
  return input.map((x) => {
    bass += 0.1 * (x - bass);
    const driven = 5 * (x - 0.6 * bass) - bias;
    const tube = driven > 0 ? Math.tanh(driven) : 0.7 * Math.tanh(1.4 * driven);
    bias += 0.002 * (Math.max(driven, 0) - bias); // sags after loud notes
    speaker += 0.4 * (tube - speaker);
    return speaker;
  });
}

/** Rows of `steps` samples. Each begins where the one before ended, less the warm-up. */
export function rowsOf(dry, wet, { steps, warmup }) {
  const stride = steps - warmup;
  return Array.from({ length: Math.floor((dry.length - warmup) / stride) }, (_, i) => {
    const [from, to] = [i * stride, i * stride + steps];
    return { x: dry.subarray(from, to), y: wet.subarray(from, to) };
  });
}

/** The error-to-signal ratio of a · dry with the best a. */
export function bestGain(dry, wet) {
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  return 1 - dot(dry, wet) ** 2 / (dot(dry, dry) * dot(wet, wet));
}
