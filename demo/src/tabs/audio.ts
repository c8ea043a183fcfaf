import { Chain, type Heard, RATE } from '../audio/chain.ts';
import { Meter } from '../audio/meter.ts';
import { type Asked, BLOCK, type Rendered, type Told } from '../audio/protocol.ts';
import { LANES, peaksOf, Waves } from '../audio/waves.ts';
import { linked } from '../ui/address.ts';
import { bench, column } from '../ui/bench.ts';
import { Changing, Status } from '../ui/changing.ts';
import { card, el } from '../ui/el.ts';
import { slider } from '../ui/fields.ts';
import { Numbers } from '../ui/numbers.ts';
import { segments } from '../ui/segments.ts';
import { LONGEST, short } from '../ui/words.ts';

/** Levels of a microphone that are shown, one per frame. */
const SHOWN = 400;
/** Between two frames where motion is to be reduced, in ms. */
const REDUCED_MS = 500;

type Source = 'sample' | 'microphone';

/** A guitar amplifier, learned by a network, that runs in an AudioWorklet. */
export function audioTab(panel: HTMLElement): void {
  const waves = new Waves();
  const meters = { before: new Meter('before'), after: new Meter('after') };
  const heard = segments(
    'Hear it',
    [
      ['before', 'before the network'],
      ['after', 'after it'],
    ],
    'after',
    (value) => switchTo(value as Heard),
  );
  const drive = slider(
    'Drive',
    0.7,
    [0, 1, 0.05],
    (value) => turn(value),
    (value) => `${Math.round(100 * value)} %`,
  );
  const play = new Changing(
    'button',
    { type: 'button', class: 'main', onclick: () => press('sample') },
    ['Stop'],
    'Play',
  );
  const microphone = new Changing(
    'button',
    { type: 'button', onclick: () => press('microphone') },
    ['Stop listening'],
    'Use the microphone',
  );
  const status = new Status(
    [ASKING, LISTENING, ...Object.values(WHY).map((why) => `Failed: ${why}`)],
    'Plucked strings, made in this page',
  );
  const all = (1e6 * BLOCK) / RATE;
  const time = (us: string) => `${us} µs of ${Math.round(all).toLocaleString('en')}`;
  const numbers = new Numbers({
    us: [`Time per block of ${BLOCK} samples`, time(LONGEST.short)],
    share: ['Share of real time', '100.0 %'],
  });
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const worker = new Worker(new URL('../audio/audioWorker.ts', import.meta.url), { type: 'module' });
  let rendered: Rendered | undefined;
  let first: (made: Rendered) => void = () => {};
  const sample = new Promise<Rendered>((resolve) => {
    first = resolve;
  });
  let chain: Promise<Chain> | undefined;
  let playing: Source | undefined;
  let busy = false;
  /** Whether the worker is at it, and at which setting. */
  let rendering: number | undefined;

  function render(): void {
    if (rendering !== undefined) return;
    rendering = drive.value;
    worker.postMessage({ rate: RATE, drive: rendering } satisfies Asked);
  }

  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    const asked = rendering;
    rendering = undefined;
    if (data.kind === 'failed') {
      status.fail(data.error);
      return;
    }
    rendered = data;
    first(data);
    numbers.set({ us: time(short(data.us)), share: `${((100 * data.us) / all).toFixed(1)} %` });
    show();
    // turned further meanwhile
    if (asked !== drive.value) render();
  };
  worker.onerror = ({ message }) => status.fail(message || 'the worker can’t be loaded');

  /** The sample, before and after. */
  function show(): void {
    if (!rendered || playing === 'microphone') return;
    const { before, after } = rendered;
    waves.peaks = { before: peaksOf(before, waves.bars), after: peaksOf(after, waves.bars) };
    waves.draw();
  }

  function switchTo(value: Heard): void {
    waves.heard = value;
    waves.draw();
    void chain?.then((made) => {
      made.heard = value;
    });
  }

  function turn(value: number): void {
    render();
    void chain?.then((made) => {
      made.drive = value;
    });
  }

  function press(source: Source): void {
    if (busy) return;
    if (playing === source) stop();
    else void start(source);
  }

  async function start(source: Source): Promise<void> {
    busy = true;
    status.say(source === 'microphone' ? ASKING : 'Loading the amplifier …');
    try {
      chain ??= Chain.create();
      const made = await chain;
      if (source === 'microphone') await made.listen();
      else await made.play((await sample).before);
      made.drive = drive.value;
      made.heard = heard.value as Heard;
      playing = source;
      status.say(source === 'microphone' ? LISTENING : 'Playing', 'training');
      if (source === 'sample') show();
      else [waves.peaks, waves.at] = [{ before: [], after: [] }, undefined];
      if (!drawing) requestAnimationFrame((now) => frame(made, now));
    } catch (error) {
      // the next press tries again
      if (!(await chain?.catch(() => undefined))) chain = undefined;
      else stop();
      status.fail(whyNot(error as Error));
    }
    busy = false;
    label();
  }

  function stop(): void {
    playing = undefined;
    void chain?.then((made) => made.stop());
    waves.at = undefined;
    for (const meter of Object.values(meters)) meter.silence();
    status.say('Stopped');
    show();
    waves.draw();
    label();
  }

  function label(): void {
    play.text = playing === 'sample' ? 'Stop' : 'Play';
    microphone.text = playing === 'microphone' ? 'Stop listening' : 'Use the microphone';
  }

  const seen = { before: [] as number[], after: [] as number[] };
  let last = 0;
  let drawing = false;
  function frame(made: Chain, now: number): void {
    drawing = playing !== undefined;
    if (!playing) {
      seen.before.length = seen.after.length = 0;
      return;
    }
    requestAnimationFrame((next) => frame(made, next));
    if (!waves.canvas.clientWidth || (still.matches && now - last < REDUCED_MS)) return;
    last = now;
    for (const name of LANES) {
      const level = made.level(name);
      meters[name].show(level, now);
      if (seen[name].push(level) > SHOWN) seen[name].shift();
    }
    if (playing === 'microphone') {
      const whole = (levels: readonly number[]) => [...Array(SHOWN - levels.length).fill(0), ...levels];
      waves.peaks = { before: whole(seen.before), after: whole(seen.after) };
    } else waves.at = made.progress(rendered!.before.length / RATE);
    waves.draw();
  }

  panel.append(
    bench(
      [
        el('fieldset', {}, el('legend', {}, 'The amplifier'), drive.root),
        el('div', { class: 'buttons' }, play.root, microphone.root),
        el(
          'p',
          { class: 'note' },
          'The microphone is asked for when you press, and what it hears stays in this page.',
        ),
      ],
      column(
        card(
          'audio-title',
          'A guitar amplifier, learned sample by sample',
          el(
            'p',
            { class: 'note' },
            'An LSTM of 20 units has learned the sound of a tube amplifier and its knob. It makes one step per sample, 48,000 per second, on the audio thread of this page.',
          ),
          heard.root,
          el('div', { class: 'ends of' }, el('span', {}, 'before')),
          waves.canvas,
          el('div', { class: 'ends of' }, el('span', {}, 'after')),
          el('div', { class: 'levels' }, meters.before.root, meters.after.root),
          status.root,
          numbers.root,
          el(
            'p',
            { class: 'note' },
            'Measured in a worker, which runs the same code as the audio thread on the sample, block by block.',
          ),
        ),
      ),
    ),
  );
  linked(panel, 'audio', { drive, heard });
  new ResizeObserver(show).observe(waves.canvas);
  render();
}

const ASKING = 'Asking for the microphone …';
const LISTENING = 'Listening: use headphones, or it will howl';
const WHY: Readonly<Record<string, string>> = {
  NotAllowedError:
    'the microphone was refused. Allow it for this page in the settings of the browser, or play the sample',
  NotFoundError: 'there is no microphone. Connect one, or play the sample',
  NotReadableError: 'another program uses the microphone. Close it, or play the sample',
  NotSupportedError:
    'this browser can’t use a microphone of another sample rate than 48 kHz. Set it to 48 kHz, or play the sample',
};

/** What went wrong, and what to do about it. */
const whyNot = ({ name, message }: Error): string => WHY[name] ?? message;
