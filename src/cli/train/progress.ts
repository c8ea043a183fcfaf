import { Presets, SingleBar } from 'cli-progress';
import type { Output } from '../io.ts';
import { duration } from '../show.ts';

/** A bar with the loss, tokens a second, the time left and a remark; a line every two seconds where there is no terminal. */
export class Progress {
  readonly #bar: SingleBar;
  readonly #first: number;
  readonly #total: number;
  readonly #tokens: number;
  readonly #start = performance.now();

  /** From step `first` on to `total`, each of so many tokens. */
  constructor(stream: Output, first: number, total: number, tokens: number) {
    this.#first = first;
    this.#total = total;
    this.#tokens = tokens;
    this.#bar = new SingleBar(
      {
        stream,
        format: '{bar} {percentage}% {value}/{total} | loss {loss} | {rate} tokens/s | {left} left{remark}',
        barsize: 18,
        noTTYOutput: true,
        notTTYSchedule: 2000,
      },
      Presets.shades_classic,
    );
    this.#bar.start(total, first, { loss: '-', rate: '-', left: '-', remark: '' });
  }

  update(step: number, loss: number, remark = ''): void {
    const seconds = (performance.now() - this.#start) / 1000;
    const perStep = seconds / (step - this.#first);
    this.#bar.update(step, {
      loss: loss.toFixed(3),
      rate: Math.round(this.#tokens / perStep).toLocaleString('en-US'),
      left: duration(perStep * (this.#total - step)),
      remark: remark && ` | ${remark}`,
    });
  }

  stop(): void {
    this.#bar.stop();
  }
}
