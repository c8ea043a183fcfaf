// What an acceleration sensor on a wrist measures in two seconds of a motion, 25 times a second, on three axes.
import { Generator } from 'unrolled';

export const MOTIONS = ['walk', 'run', 'stand up', 'sit down', 'fall'];
const STEPS = 50;

/** Acceleration forwards and upwards at second t, of a motion that begins at second `start` with the given pace. */
const SHAPES = {
  walk: (t, start, pace) => [0.3 * Math.sin(8 * pace * t + start), 0.5 * Math.sin(16 * pace * t + start)],
  run: (t, start, pace) => [0.8 * Math.sin(16 * pace * t + start), 1.5 * Math.sin(32 * pace * t + start)],
  'stand up': (t, start, pace) => [
    bump(t - start, 0.3 / pace),
    bump(t - start, 0.2) - bump(t - start - 0.5, 0.2),
  ],
  'sit down': (t, start, pace) => [
    bump(t - start, 0.3 / pace),
    bump(t - start - 0.5, 0.2) - bump(t - start, 0.2),
  ],
  fall: (t, start, pace) => [2 * bump(t - start, 0.1 / pace), -bump(t - start, 0.4 / pace)],
};

function bump(t, width) {
  return Math.exp(-((t / width) ** 2));
}

/**
 * `count` measurements { x: [50, 3], y: the place in MOTIONS }. With `turned` the sensor is worn upside down, the other way
 * round, by someone who moves less.
 */
export function motions(count, { seed, turned = false }) {
  const random = new Generator(seed);
  return Array.from({ length: count }, () => {
    const y = random.integer(MOTIONS.length);
    const [start, pace] = [0.4 + 0.6 * random.uniform(), 0.8 + 0.4 * random.uniform()];
    const data = new Float32Array(STEPS * 3);
    for (let i = 0; i < STEPS; i++) {
      const [forwards, upwards] = SHAPES[MOTIONS[y]](i / 25, start, pace);
      const axes = turned ? [0, -0.7 * forwards, -0.7 * upwards] : [forwards, 0, upwards];
      for (const [axis, value] of axes.entries()) data[3 * i + axis] = value + 0.2 * random.normal();
    }
    return { x: { data, shape: [STEPS, 3] }, y };
  });
}
