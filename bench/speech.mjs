/** Seconds of a vowel. */
const SYLLABLE = 0.22;
const RATE = 16_000;
/** Formants of vowels in Hz: a e i o u. */
const VOWELS = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
];

/**
 * Something like speech, at 16 kHz: pulses of a voice through the resonances of vowels that change, with pauses of
 * faint noise. The same samples each time.
 */
export function speech(samples) {
  const out = new Float32Array(samples);
  const states = VOWELS[0].map(() => [0, 0]);
  let seed = 1;
  const noise = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1;
  let phase = 0;
  for (let i = 0; i < samples; i++) {
    const t = i / RATE;
    const syllable = Math.floor(t / SYLLABLE);
    const within = t / SYLLABLE - syllable;
    // every fourth second is a pause
    const voiced = t % 4 < 3 ? Math.sin(Math.PI * within) ** 0.5 : 0;
    phase += (120 + 25 * Math.sin(2 * t) + 15 * Math.sin(9 * t)) / RATE;
    const pulse = phase >= 1 ? 1 : 0;
    phase -= pulse;
    const source = voiced * (pulse + 0.02 * noise());
    let sum = 0;
    for (const [k, hertz] of VOWELS[(syllable * 7) % VOWELS.length].entries()) {
      const r = Math.exp((-Math.PI * (60 + 30 * k)) / RATE);
      const own = states[k];
      const y = source + 2 * r * Math.cos((2 * Math.PI * hertz) / RATE) * own[0] - r * r * own[1];
      own[1] = own[0];
      own[0] = y;
      sum += y / (k + 1);
    }
    out[i] = 0.06 * sum + 0.0005 * noise();
  }
  return out;
}
