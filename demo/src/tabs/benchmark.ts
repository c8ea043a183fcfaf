import { init } from 'unrolled';
import { measure } from '../bench/measure.ts';
import type { Engine, Kernels, Told } from '../bench/protocol.ts';
import { works } from '../bench/works.ts';
import { Bars } from '../charts/bars.ts';
import { bench } from '../ui/bench.ts';
import { card, el } from '../ui/el.ts';
import { choice } from '../ui/fields.ts';
import { short } from '../ui/words.ts';

const NAMES: Readonly<Record<Engine, string>> = {
  unrolled: 'unrolled',
  tfjs: 'TF.js',
  ort: 'ORT-web',
};

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
      peak = undefined;
    },
  );
  const own = el(
    'button',
    { type: 'button', class: 'main', onclick: () => void start(['unrolled']) },
    'Measure',
  );
  const peers = el(
    'button',
    { type: 'button', onclick: () => void start(['tfjs', 'ort']) },
    'Load and measure peers',
  );
  const stop = el('button', { type: 'button', disabled: true, onclick: () => abort?.abort(STOPPED) }, 'Stop');
  const status = el('p', { class: 'phase', role: 'status' }, 'Nothing measured yet');
  const bars = new Bars(works.map(({ name, label }) => [name, label]));
  let abort: AbortController | undefined;
  let peak: number | undefined;

  async function start(engines: Engine[]): Promise<void> {
    if (abort) return;
    // peers are shown as a share of what the machine can do
    const all: Engine[] =
      peak === undefined && !engines.includes('unrolled') ? ['unrolled', ...engines] : engines;
    abort = new AbortController();
    lock(true);
    try {
      for (const engine of all) {
        status.textContent = `Measuring ${NAMES[engine]} …`;
        const asked = { engine, kernels: kernels.value as Kernels };
        await measure(asked, (told) => take(engine, told), abort.signal);
      }
      say('Measured');
    } catch (error) {
      say(error === STOPPED ? 'Stopped' : `Failed: ${(error as Error).message}`);
    }
    abort = undefined;
    lock(false);
  }

  function say(what: string): void {
    const measured = peak === undefined ? '' : `: the peak of a multiply-add is ${short(peak)} GFLOP/s here`;
    status.textContent = `${what}${measured}`;
  }

  function take(engine: Engine, told: Told): void {
    if (told.kind === 'peak') peak = told.gflops;
    if (told.kind !== 'work') return;
    const { flops } = works.find(({ name }) => name === told.name)!;
    const gflops = flops / told.us / 1000;
    const share = gflops / peak!;
    bars.set(told.name, {
      ...{ label: NAMES[engine], share, kind: engine === 'unrolled' ? 'own' : 'peer' },
      text: `${time(told.us)} · ${short(gflops)} GFLOP/s · ${Math.round(100 * share)} %`,
    });
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
    },
    (error) => say(`Failed: ${(error as Error).message}`),
  );
  panel.append(
    bench(
      [
        el('fieldset', {}, el('legend', {}, 'What to measure'), kernels.root),
        el('div', { class: 'buttons' }, own, stop, peers),
        el(
          'p',
          { class: 'note' },
          'Peers are TensorFlow.js and ONNX Runtime Web, both in WebAssembly: 17 MB, loaded only when asked for. One thread each; ONNX Runtime can’t train.',
        ),
      ],
      card('bars-title', 'Percent of peak', status, bars.root),
    ),
  );
}

const STOPPED = new Error('stopped');

function time(us: number): string {
  return us < 1000 ? `${short(us)} µs` : `${short(us / 1000)} ms`;
}
