import { LossChart } from '../charts/lossChart.ts';
import { el } from '../ui/el.ts';
import { duration, rate, short } from '../ui/words.ts';
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
  readonly #main: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #again: HTMLButtonElement;
  readonly #phase = el('p', { class: 'phase', role: 'status' });
  readonly #note = el('p', { class: 'said', 'aria-live': 'polite', hidden: true });
  readonly #numbers: Record<'update' | 'loss' | 'rate' | 'left', HTMLElement>;
  readonly #chart: LossChart;
  #run: Shown | undefined;

  constructor({ unit, rows }: PanelOptions) {
    this.#main = el('button', { type: 'button', class: 'main', onclick: () => this.#press() }, 'Train');
    this.#stop = el('button', { type: 'button', onclick: () => void this.#run?.stop() }, 'Stop');
    const again = { type: 'button', hidden: true, onclick: () => void this.#run?.recall() };
    this.#again = el('button', again, 'Open the kept run');
    this.buttons = el('div', { class: 'buttons' }, this.#main, this.#stop, this.#again);
    const number = () => el('dd', {}, '–');
    this.#numbers = { update: number(), loss: number(), rate: number(), left: number() };
    const { update, loss, rate, left } = this.#numbers;
    const pair = (name: string, value: HTMLElement) => el('div', {}, el('dt', {}, name), value);
    this.#chart = new LossChart(`Loss, ${unit}`);
    this.status = el(
      'section',
      { class: 'card', 'aria-label': 'Training' },
      this.#phase,
      this.#note,
      el(
        'dl',
        { class: 'numbers' },
        pair('Update', update),
        pair(`Loss (${unit})`, loss),
        pair(`${rows} a second`, rate),
        pair('Time left', left),
      ),
      this.#chart.root,
    );
  }

  show(run: Shown): void {
    this.#run = run;
    const { phase, progress, history, session } = run;
    const { update, loss, rate: speed, left } = this.#numbers;
    set(this.#main, MAIN[phase]);
    this.#stop.disabled = phase !== 'training' && phase !== 'paused';
    set(this.#phase, said(run));
    set(this.#note, run.note);
    this.#note.hidden = run.note === '';
    this.#again.hidden = !run.unopened || phase !== 'idle';
    this.#phase.dataset.phase = phase;
    const step = Math.max(progress?.step ?? 0, session?.trainer.steps ?? 0);
    const lately = history.losses.slice(-5);
    set(update, session ? `${step} of ${session.updates}` : '–');
    set(loss, lately.length ? short(lately.reduce((a, b) => a + b, 0) / lately.length) : '–');
    set(speed, progress && phase === 'training' ? rate(progress.tokensPerSecond) : '–');
    set(
      left,
      phase === 'training' && progress?.secondsLeft !== undefined ? duration(progress.secondsLeft) : '–',
    );
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

function said({ phase, message, keeping }: Shown): string {
  const words = message ? `${SAID[phase]}: ${message}` : SAID[phase];
  if (!['training', 'paused', 'done'].includes(phase)) return words;
  if (typeof keeping === 'object') return `${words}, but not kept: ${keeping.why}`;
  return phase === 'paused' && keeping === 'yes' ? `${words} and kept: a reload resumes here` : words;
}

/** Writes only what is new: a status is read out when it changes. */
function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
