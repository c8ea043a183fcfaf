import { init } from 'unrolled';
import { measure } from '../bench/measure.ts';
import type { Engine, Kernels, Told } from '../bench/protocol.ts';
import { works } from '../bench/works.ts';
import { Bars } from '../charts/bars.ts';
import { linked } from '../ui/address.ts';
import { bench } from '../ui/bench.ts';
import { Changing, Status } from '../ui/changing.ts';
import { card, el } from '../ui/el.ts';
import { choice } from '../ui/fields.ts';
import { times as howMany, LONGEST, short } from '../ui/words.ts';

const NAMES: Readonly<Record<Engine, string>> = {
  unrolled: 'unrolled',
  tfjs: 'TF.js',
  ort: 'ORT-web',
};

const ENGINES = Object.keys(NAMES) as Engine[];

/** The kernels, as bars of what this machine's 128-bit units can do at most. */
export function benchmarkTab(panel: HTMLElement): void {
  const kernels = choice(
    'Kernels',
    [
      ['relaxed', 'relaxed: fused'],
      ['simd', 'simd: reproducible'],
    ],
    'simd',
    () => {
      bars.clear();
      times.clear();
      peak = 0;
      headline();
    },
  );
  const own = el(
    'button',
    { type: 'button', class: 'main', onclick: () => void start(['unrolled', 'tfjs']) },
    'Measure',
  );
  const peers = el(
    'button',
    { type: 'button', onclick: () => void start(['ort']) },
    'Measure ONNX Runtime, too',
  );
  const stop = el('button', { type: 'button', disabled: true, onclick: () => abort?.abort(STOPPED) }, 'Stop');
  const status = new Status([measured(LONGEST.short, works.length, works.length)], 'Nothing measured yet');
  const bars = new Bars(
    works.map(({ name, label, kind }) => ({
      ...{ name, label },
      bars: ENGINES.filter((engine) => engine !== 'ort' || kind !== 'train').map((engine) => NAMES[engine]),
    })),
    barOf(LONGEST.short, LONGEST.short, 100),
  );
  const factor = new Changing('strong', { class: 'factor' }, [LONGEST.times], '? ×');
  const compared = new Changing('span', { class: 'compared' }, [AHEAD, comparedTo(works.length)], AHEAD);
  /** By engine and work, in µs. */
  const times = new Map<string, number>();
  /** Works that were measured again, and those that something else disturbed to the end. */
  const again = { repeated: 0, disturbed: 0 };
  let abort: AbortController | undefined;
  /** The largest that was measured, in GFLOP/s. */
  let peak = 0;

  async function start(engines: Engine[]): Promise<void> {
    if (abort) return;
    abort = new AbortController();
    again.repeated = again.disturbed = 0;
    lock(true);
    try {
      for (const engine of engines) {
        status.text = `Measuring ${NAMES[engine]} …`;
        const asked = { engine, kernels: kernels.value as Kernels };
        await measure(asked, (told) => take(engine, told), abort.signal);
      }
      say('Measured');
    } catch (error) {
      if (error === STOPPED) say('Stopped');
      else status.fail((error as Error).message);
    }
    abort = undefined;
    lock(false);
  }

  function say(what: string): void {
    const { repeated, disturbed } = again;
    status.say(what + (peak === 0 ? '' : measured(short(peak), repeated, disturbed)));
  }

  function take(engine: Engine, told: Told): void {
    if (told.kind !== 'work') return;
    peak = Math.max(peak, told.peak);
    times.set(`${engine} ${told.name}`, told.us);
    again.repeated += Number(told.again > 0);
    again.disturbed += Number(told.disturbed);
    headline();
    const { flops } = works.find(({ name }) => name === told.name)!;
    const gflops = flops / told.us / 1000;
    const share = gflops / told.peak;
    const text = barOf(time(told.us), short(gflops), Math.round(100 * share));
    bars.set(told.name, NAMES[engine], { share, text });
  }

  /** How many times TensorFlow.js, in the cases that both have. */
  function headline(): void {
    const ratios = works.flatMap(({ name }) => {
      const [own, theirs] = [times.get(`unrolled ${name}`), times.get(`tfjs ${name}`)];
      return own && theirs ? [theirs / own] : [];
    });
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    factor.text = ratios.length ? howMany(mean) : '? ×';
    compared.text = ratios.length ? comparedTo(ratios.length) : AHEAD;
  }

  function lock(locked: boolean): void {
    kernels.disabled = locked;
    own.disabled = locked;
    peers.disabled = locked;
    stop.disabled = !locked;
  }

  // fused, where the engine has them
  init().then(
    ({ kernels: taken }) => {
      kernels.value = taken;
      linked(panel, 'benchmark', { kernels });
    },
    (error) => status.fail((error as Error).message),
  );
  panel.append(
    bench(
      [
        el('fieldset', {}, el('legend', {}, 'What to measure'), kernels.root),
        el('div', { class: 'buttons' }, own, stop, peers),
        el(
          'p',
          { class: 'note' },
          'TensorFlow.js (2 MB) and ONNX Runtime Web (13 MB), both in WebAssembly, are loaded when you press. One thread each; ONNX Runtime can’t train.',
        ),
      ],
      card(
        'bars-title',
        'How fast, and what percent of the peak',
        el('p', { class: 'headline' }, factor.root, ' ', compared.root),
        status.root,
        bars.root,
      ),
    ),
  );
}

const comparedTo = (cases: number) =>
  `as fast as TensorFlow.js: the geometric mean of ${cases} of the cases below`;

function measured(peak: string, repeated: number, disturbed: number): string {
  const twice = repeated ? `; ${repeated} measured again, since something else ran` : '';
  const still = disturbed ? `, and ${disturbed} of them disturbed to the end` : '';
  return `: the peak of a multiply-add is up to ${peak} GFLOP/s here${twice}${still}`;
}

const barOf = (time: string, gflops: string, percent: number) => `${time} · ${gflops} GFLOP/s · ${percent} %`;

const AHEAD = 'as fast as TensorFlow.js. Press Measure: both run here, one after the other.';
const STOPPED = new Error('stopped');

function time(us: number): string {
  return us < 1000 ? `${short(us)} µs` : `${short(us / 1000)} ms`;
}
