import { LossChart } from '../charts/lossChart.ts';
import { reasons } from '../store.ts';
import { Changing, Status } from '../ui/changing.ts';
import { el } from '../ui/el.ts';
import { Numbers } from '../ui/numbers.ts';
import { duration, LONGEST, rate, short } from '../ui/words.ts';
import type { Phase, Run } from './run.ts';

/** What a panel shows and does of a run. */
type Shown = Omit<Run<object>, 'ask'>;

export interface PanelOptions {
  /** What a loss is measured in. */
  readonly unit: string;
  /** What a row of a step is: characters, notes. */
  readonly rows: string;
}

const MAIN: Record<Phase, string> = {
  idle: 'Train',
  starting: 'Starting …',
  training: 'Pause',
  paused: 'Resume',
  done: 'Train anew',
  stopped: 'Train anew',
  failed: 'Train anew',
};

const SAID: Record<Phase, string> = {
  idle: 'Not trained yet',
  starting: 'Starting',
  training: 'Training',
  paused: 'Paused',
  done: 'Done',
  stopped: 'Stopped',
  failed: 'Failed',
};

/** Buttons, numbers and the loss curve of a run. */
export class Panel {
  readonly buttons: HTMLElement;
  readonly status: HTMLElement;
  readonly #main: Changing<'button'>;
  readonly #stop: HTMLButtonElement;
  readonly #again: HTMLButtonElement;
  readonly #phase = new Status([...reasons.map(notKept), KEPT], SAID.idle);
  readonly #numbers: Numbers<'update' | 'loss' | 'rate' | 'left'>;
  readonly #chart: LossChart;
  #run: Shown | undefined;

  constructor({ unit, rows }: PanelOptions) {
    const main = { type: 'button', class: 'main', onclick: () => this.#press() };
    this.#main = new Changing('button', main, Object.values(MAIN), MAIN.idle);
    this.#stop = el('button', { type: 'button', onclick: () => void this.#run?.stop() }, 'Stop');
    const again = { type: 'button', hidden: true, onclick: () => void this.#run?.recall() };
    this.#again = el('button', again, 'Open the kept run');
    this.buttons = el('div', { class: 'buttons' }, this.#main.root, this.#stop, this.#again);
    this.#numbers = new Numbers({
      update: ['Update', '100000 of 100000'],
      loss: [`Loss (${unit})`, LONGEST.short],
      rate: [`${rows} per second`, LONGEST.rate],
      left: ['Time left', LONGEST.duration],
    });
    this.#chart = new LossChart(`Loss, ${unit}`);
    this.status = el(
      'section',
      { class: 'card', 'aria-label': 'Training' },
      this.#phase.root,
      this.#numbers.root,
      this.#chart.root,
    );
  }

  show(run: Shown): void {
    this.#run = run;
    const { phase, progress, history, session } = run;
    this.#main.text = MAIN[phase];
    this.#stop.disabled = phase !== 'training' && phase !== 'paused';
    this.#phase.say([said(run), run.note].filter(Boolean).join('. '), phase);
    this.#again.hidden = !run.unopened || phase !== 'idle';
    const step = Math.max(progress?.step ?? 0, session?.trainer.steps ?? 0);
    const lately = history.losses.slice(-5);
    const now = phase === 'training' ? progress : undefined;
    this.#numbers.set({
      update: session && `${step} of ${session.updates}`,
      loss: lately.length ? short(lately.reduce((a, b) => a + b, 0) / lately.length) : undefined,
      rate: now && rate(now.tokensPerSecond),
      left: now?.secondsLeft === undefined ? undefined : duration(now.secondsLeft),
    });
    this.#chart.draw(history.steps, history.losses);
  }

  #press(): void {
    const run = this.#run;
    if (run?.phase === 'training') void run.pause();
    else if (run?.phase === 'paused') void run.resume();
    // not disabled meanwhile: a button that is loses the focus
    else if (run?.phase !== 'starting') void run?.start();
  }
}

const KEPT = 'Paused and kept: a reload resumes here';
const notKept = (why: string) => `${SAID.training}, but not kept: ${why}`;

function said({ phase, message, keeping }: Shown): string {
  const words = message ? `${SAID[phase]}: ${message}` : SAID[phase];
  if (!['training', 'paused', 'done'].includes(phase)) return words;
  if (typeof keeping === 'object') return `${words}, but not kept: ${keeping.why}`;
  return phase === 'paused' && keeping === 'yes' ? KEPT : words;
}
