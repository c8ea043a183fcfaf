import { checkedRuns } from './cases.mjs';
import { Timeout } from './child.mjs';
import { quantile, SAMPLE } from './measure.mjs';

/** Bursts of each engine and case, by turns with the others. */
const ROUNDS = 5;
/** Of the work before, in ms: compilers take that long to see which functions matter. */
const WARM_UP = 150;
/** A run that takes longer, in ms, is given up; so are this engine's larger cases of the same work. */
const LONGEST_RUN = 10_000;
/** An engine gets no further burst in a case once it took so long, in ms. */
const ENOUGH = 4000;
/** Of max |ours|. */
const TOLERANCE = 1e-3;
/** Of the probe in each round, in ms. */
const PROBE = 10;

/**
 * All engines on one case after the other: each is checked against the first, which is ours, and then they are timed
 * in short bursts by turns, with the probe of what the processor can do among them.
 */
export class Contest {
  /** Rows of the report. */
  rows = [];
  /** What was not timed, and why. */
  left = [];
  #children;
  #time;
  /** Flops of the smallest case that was given up, by engine and work. */
  #limits = new Map();

  /**
   * @param {readonly import('./child.mjs').Child[]} children
   * @param {number} time of an engine in a case, in ms
   */
  constructor(children, time) {
    this.#children = children;
    this.#time = time;
  }

  /** @param {import('./cases.mjs').Case} c */
  async run(c) {
    const entries = [];
    let truth;
    for (const child of this.#children) {
      const checked = await this.#check(c, child, truth);
      if (!checked) continue;
      truth ??= checked.output;
      entries.push({ child, us: checked.us, spent: 0, samples: [] });
    }
    const peak = await this.#rounds(c, entries);
    for (const { child } of entries) if (child.process) await child.ask('dispose');
    const rows = entries.filter(({ samples }) => samples.length).map((entry) => row(c, entry, peak));
    this.rows.push(...rows);
    return { rows, peak, reference: this.#children[0].engine.name };
  }

  /** The first runs of an engine; undefined where it can't do the case, takes too long or gives something else. */
  async #check(c, child, truth) {
    const { name } = child.engine;
    if (c.flops >= (this.#limits.get(`${name} ${c.work}`) ?? Number.POSITIVE_INFINITY)) {
      this.#leave(c, child, `a smaller one took more than ${LONGEST_RUN / 1000} s`);
      return undefined;
    }
    try {
      const { able } = await child.ask('prepare', { case: c });
      if (!able) return undefined;
      const runs = checkedRuns(c);
      const { us, output, expected } = await child.ask('check', { runs }, runs * LONGEST_RUN);
      if (us > LONGEST_RUN * 1000) throw new Timeout(`more than ${LONGEST_RUN / 1000} s`);
      const error = difference(output, expected ?? truth ?? output);
      if (error <= TOLERANCE) return { us, output };
      this.#leave(c, child, `differs by ${error.toPrecision(2)}`);
      await child.ask('dispose');
    } catch (error) {
      if (error instanceof Timeout) this.#limits.set(`${name} ${c.work}`, c.flops);
      this.#leave(c, child, error.message);
      child.end();
    }
    return undefined;
  }

  async #rounds(c, entries) {
    const peaks = [];
    for (const entry of entries) {
      if (entry.us >= 1e6) continue;
      await this.#burst(c, entry, WARM_UP);
      entry.spent = 0;
    }
    for (let round = 0; round < ROUNDS; round++) {
      peaks.push(await this.#children[0].ask('probe', { ms: PROBE }));
      for (const entry of entries) {
        if (entry.spent >= ENOUGH || !entry.child.process) continue;
        entry.samples.push(...(await this.#burst(c, entry, this.#time / ROUNDS)));
      }
    }
    const median = (key) =>
      quantile(
        peaks.map((peak) => peak[key]),
        0.5,
      );
    return { gflops: median('gflops'), ghz: median('ghz') };
  }

  async #burst(c, entry, ms) {
    const { child } = entry;
    if (!child.process) return [];
    const start = performance.now();
    try {
      return await child.ask('burst', { ms, sample: SAMPLE });
    } catch (error) {
      this.#leave(c, child, error.message);
      child.end();
      return [];
    } finally {
      entry.spent += performance.now() - start;
    }
  }

  #leave(c, child, why) {
    this.left.push({ case: c.name, engine: child.engine.name, why });
  }
}

/** max |a − b| / (max |b| + 1e-6), NaN where one is NaN or the lengths differ */
function difference(a, b) {
  if (a.length !== b.length) return Number.NaN;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (Number.isNaN(d)) return d;
    worst = Math.max(worst, d);
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return worst / (largest + 1e-6);
}

function row(c, { child, samples }, peak) {
  const us = quantile(samples, 0.5);
  const gflops = c.flops / us / 1000;
  return {
    work: c.work,
    shape: c.shape,
    engine: child.engine.name,
    us: rounded(us),
    p25: rounded(quantile(samples, 0.25)),
    p75: rounded(quantile(samples, 0.75)),
    gflops: rounded(gflops),
    percent: rounded((100 * gflops) / peak.gflops),
    samples: samples.length,
    ...(c.bytes && {
      gbps: rounded(c.bytes / us / 1000),
      cycles: rounded((us * 1000 * peak.ghz) / c.flops),
    }),
  };
}

function rounded(value) {
  return Number(value.toPrecision(4));
}
