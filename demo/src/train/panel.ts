import { LossChart } from '../charts/lossChart.ts';
import { el } from '../ui/el.ts';
import { duration, rate, short } from '../ui/words.ts';
import type { Phase, Shown } from './run.ts';

export interface PanelOptions {
  /** What a loss is measured in. */
  readonly unit: string;
  /** What a row of a step is: characters, notes. */
  readonly rows: string;
  readonly start: () => void;
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
  paused: 'Paused and kept: a reload resumes here',
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
  readonly #phase = el('p', { class: 'phase', role: 'status' });
  readonly #numbers: Record<'update' | 'loss' | 'rate' | 'left', HTMLElement>;
  readonly #chart: LossChart;
  #run: Shown | undefined;

  constructor({ unit, rows, start }: PanelOptions) {
    this.#main = el('button', { type: 'button', class: 'main', onclick: () => this.#press(start) }, 'Train');
    this.#stop = el('button', { type: 'button', onclick: () => void this.#run?.stop() }, 'Stop');
    this.buttons = el('div', { class: 'buttons' }, this.#main, this.#stop);
    const number = () => el('dd', {}, '–');
    this.#numbers = { update: number(), loss: number(), rate: number(), left: number() };
    const { update, loss, rate, left } = this.#numbers;
    const pair = (name: string, value: HTMLElement) => el('div', {}, el('dt', {}, name), value);
    this.#chart = new LossChart(`Loss, ${unit}`);
    this.status = el(
      'section',
      { class: 'card', 'aria-label': 'Training' },
      this.#phase,
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
    set(this.#phase, run.message ? `${SAID[phase]}: ${run.message}` : SAID[phase]);
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

  #press(start: () => void): void {
    const phase = this.#run?.phase ?? 'idle';
    if (phase === 'training') void this.#run?.pause();
    else if (phase === 'paused') void this.#run?.resume();
    // not disabled meanwhile: a button that is loses the focus
    else if (phase !== 'starting') start();
  }
}

/** Writes only what is new: a status is read out when it changes. */
function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
