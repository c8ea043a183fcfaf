import { type GenericFormatter, Presets, SingleBar } from 'cli-progress';
import { columnsOf, type Output } from '../io.ts';
import { duration } from '../show.ts';

/** Width of the bar, in columns. */
const WIDEST = 18;
const NARROWEST = 6;

/** What a line shows besides the bar. */
interface Facts {
  readonly loss: string;
  readonly validation: string;
  readonly remark: string;
  readonly rate: string;
  readonly left: string;
}

/**
 * A progress bar with the loss, time left, a note and tokens per second, as space permits. Without a terminal, one
 * line every two seconds.
 */
export class Progress {
  readonly #stream: Output;
  readonly #bar: SingleBar;
  readonly #first: number;
  readonly #total: number;
  readonly #tokens: number;
  readonly #start = performance.now();
  #step: number;
  #facts: Facts = { loss: '-', validation: '', remark: '', rate: '-', left: '-' };

  /** Counts from step `first` to `total`, each of `tokens` tokens. */
  constructor(stream: Output, first: number, total: number, tokens: number) {
    this.#stream = stream;
    this.#first = first;
    this.#step = first;
    this.#total = total;
    this.#tokens = tokens;
    const { barCompleteChar, barIncompleteChar } = Presets.shades_classic;
    this.#bar = new SingleBar({
      stream,
      format: lineFor(stream),
      barCompleteChar,
      barIncompleteChar,
      barsize: WIDEST,
      linewrap: true,
      noTTYOutput: true,
      notTTYSchedule: 2000,
    });
    this.#bar.start(total, first, this.#facts);
  }

  update(step: number, loss: number, validation: number | undefined, remark = ''): void {
    const seconds = (performance.now() - this.#start) / 1000;
    const perStep = seconds / (step - this.#first);
    this.#step = step;
    this.#facts = {
      loss: loss.toFixed(3),
      validation: validation === undefined ? '' : validation.toFixed(3),
      remark,
      rate: Math.round(this.#tokens / perStep).toLocaleString('en-US'),
      left: duration(perStep * (this.#total - step)),
    };
    this.#bar.update(step, this.#facts);
  }

  /** Prints a line above the bar. */
  note(line: string): void {
    this.#bar.stop();
    this.#stream.write(`${line}\n`);
    this.#bar.start(this.#total, this.#step, this.#facts);
  }

  stop(): void {
    this.#bar.stop();
  }
}

/** Fits a line to the terminal, leaving its last column free; unlimited without a terminal. */
function lineFor(stream: Output): GenericFormatter {
  return ({ barCompleteChar, barIncompleteChar }, { progress, value, total }, facts: Facts) => {
    const room = stream.isTTY ? columnsOf(stream) - 1 : Infinity;
    // if space is short, parts of the lowest weight are dropped first
    let parts = [
      { weight: 6, text: `${Math.floor(100 * progress)}%` },
      { weight: 2, text: ` ${value}/${total}` },
      { weight: 5, text: ` | loss ${facts.loss}` },
      { weight: 3, text: facts.validation && ` | validation ${facts.validation}` },
      { weight: 0, text: ` | ${facts.rate} tokens/s` },
      { weight: 4, text: ` | ${facts.left} left` },
      { weight: 1, text: facts.remark && ` | ${facts.remark}` },
    ];
    const line = () => parts.map(({ text }) => text).join('');
    while (parts.length > 1 && NARROWEST + 1 + line().length > room) {
      const least = Math.min(...parts.map(({ weight }) => weight));
      parts = parts.filter(({ weight }) => weight !== least);
    }
    const size = Math.max(0, Math.min(WIDEST, room - 1 - line().length));
    const done = Math.round(progress * size);
    const bar = barCompleteChar!.repeat(done) + barIncompleteChar!.repeat(size - done);
    return `${bar} ${line()}`;
  };
}
