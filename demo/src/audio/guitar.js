// Plucked strings (Karplus and Strong 1983): what the amplifier of the page was trained on, and what it plays.
import { Generator } from '../../../dist/index.js';

/** Seconds that a string sounds. */
const SOUNDS = 1.6;

/**
 * A plucked string, added to `out`: a noise of one period that goes round and is smoothed.
 * @param {Float32Array} out
 * @param {{ at: number, pitch: number, loud: number }} note `at`: seconds; `pitch`: as MIDI counts
 * @param {number} rate samples per second
 * @param {Generator} random
 */
export function pluck(out, { at, pitch, loud }, rate, random) {
  const period = Math.round(rate / (440 * 2 ** ((pitch - 69) / 12)));
  const string = Float32Array.from({ length: period }, () => random.uniform() - 0.5);
  // what a finger leaves of the noise
  for (let i = 1; i < period; i++) string[i] = 0.5 * (string[i] + string[i - 1]);
  const first = Math.round(at * rate);
  const count = Math.min(out.length - first, Math.round(SOUNDS * rate));
  for (let i = 0; i < count; i++) {
    const k = i % period;
    out[first + i] += loud * Math.min(1, (count - i) / (0.05 * rate)) * string[k];
    string[k] = 0.4985 * (string[k] + string[(k + 1) % period]);
  }
}

/** Seconds of an eighth, and the riff: pitches by eighth. */
const EIGHTH = 0.21;
const RIFF = [
  [40, 47, 52],
  [40],
  [43],
  [40],
  [45, 52, 57],
  [40],
  [46],
  [45],
  [43, 50, 55],
  [40],
  [43],
  [45],
  [40, 47, 52],
  [],
  [64],
  [67],
  [69],
  [67],
  [64],
  [62],
  [64, 52],
  [],
  [59],
  [62],
  [64],
  [62],
  [59],
  [57],
  [40, 47, 52, 56],
  [],
  [],
  [],
];

/** A riff that can be repeated. */
export function riff(rate) {
  const random = new Generator(5);
  const out = new Float32Array(Math.round(RIFF.length * EIGHTH * rate));
  for (const [i, pitches] of RIFF.entries()) {
    const loud = 0.75 / Math.sqrt(pitches.length || 1);
    for (const [k, pitch] of pitches.entries())
      pluck(out, { at: i * EIGHTH + 0.012 * k, pitch, loud }, rate, random);
  }
  return out;
}

/** Notes and chords that are drawn. */
export function practice(seconds, rate, random) {
  const out = new Float32Array(Math.round(seconds * rate));
  for (let at = 0; at < seconds - 0.3; at += 0.12 + 0.3 * random.uniform()) {
    const strings = random.uniform() < 0.6 ? 1 : 2 + random.integer(3);
    const loud = (0.1 + 0.9 * random.uniform()) / Math.sqrt(strings);
    for (let k = 0; k < strings; k++)
      pluck(out, { at: at + 0.01 * k, pitch: 40 + random.integer(38), loud }, rate, random);
  }
  return out;
}
