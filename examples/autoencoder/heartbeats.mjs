// The electric signal of a heart, beat by beat.
import { Generator } from 'unrolled';

/** Waves of a beat: where in it, how wide, how high. */
const WAVES = {
  P: [0.2, 0.05, 0.3],
  Q: [0.32, 0.03, -0.3],
  R: [0.4, 0.04, 1.5],
  S: [0.48, 0.03, -0.5],
  T: [0.7, 0.06, 0.7],
};

/** `count` beats of 34 to 46 samples; the T wave of beat number `planted`, if there is one, points down. */
export function heartbeats(count, { seed, planted }) {
  const random = new Generator(seed);
  return Array.from({ length: count }, (_, beat) => {
    const height = 1 + 0.05 * random.normal();
    const waves = Object.entries(WAVES).map(([name, [place, width, high]]) => {
      return { place, width, high: name === 'T' && beat === planted ? -high : high };
    });
    const length = 34 + random.integer(13);
    return Float32Array.from({ length }, (_, i) => {
      const sum = waves.reduce((y, { place, width, high }) => {
        return y + high * Math.exp(-(((i / length - place) / width) ** 2) / 2);
      }, 0);
      return height * sum + 0.05 * random.normal();
    });
  });
}
