import { PairChart } from '../charts/pairChart.ts';
import program from '../tfjs/addition.js?raw';
import { Side } from '../tfjs/contest.ts';
import type { Backend, Kind, Sum } from '../tfjs/protocol.ts';
import { linked } from '../ui/address.ts';
import { bench, column } from '../ui/bench.ts';
import { Changing, room, Status } from '../ui/changing.ts';
import { Code } from '../ui/code.ts';
import { card, el } from '../ui/el.ts';
import { choice, numbers } from '../ui/fields.ts';
import { Numbers } from '../ui/numbers.ts';
import { LONGEST, short, times } from '../ui/words.ts';

/** Updates after which a side ends. */
const STEPS = 2000;
const AGAIN = 'Train both again';
const LOADING = 'Loading TensorFlow.js …';
const TWO_LINES = `import { install } from 'unrolled/tfjs';\nawait install(tf);\n`;

/** A program of TensorFlow.js with `install` and without, at the same time. */
export function tensorflowTab(panel: HTMLElement): void {
  const backend = choice(
    'Backend without unrolled',
    [
      ['wasm', 'wasm'],
      ['cpu', 'cpu'],
      ['webgl', 'webgl'],
    ],
    'wasm',
  );
  const kind = choice(
    'Layers',
    [
      ['lstm', 'LSTM'],
      ['gru', 'GRU'],
      ['simpleRNN', 'SimpleRNN'],
    ],
    'lstm',
  );
  const units = numbers('Units', [32, 64, 128, 256], 128);
  const main = { type: 'button', class: 'main', onclick: () => press() };
  const button = new Changing('button', main, [AGAIN], 'Train both');
  const status = new Status([LOADING], 'Not started yet');
  const factor = new Changing('strong', { class: 'factor' }, [LONGEST.times], '? ×');
  const own = new Column('With unrolled', 'own');
  const plain = new Column('Plain TensorFlow.js', 'plain');
  const bySteps = new PairChart('Loss by step, with unrolled and without', '');
  const byTime = new PairChart('Loss by time, with unrolled and without', ' s');
  const fieldset = el(
    'fieldset',
    {},
    el('legend', {}, 'What to train'),
    el('div', { class: 'pairs' }, kind.root, units.root),
    backend.root,
  );
  let sides: { own: Side; plain: Side } | undefined;
  let frame = 0;

  function press(): void {
    if (!sides || !running()) {
      const settings = { backend: backend.value as Backend, kind: kind.value as Kind, units: units.value };
      const side = (install: boolean) => new Side({ ...settings, install, steps: STEPS }, later);
      sides = { own: side(true), plain: side(false) };
    } else {
      sides.own.stop();
      sides.plain.stop();
    }
    show();
  }

  const running = () =>
    Object.values(sides!).some(({ phase }) => phase === 'loading' || phase === 'training');

  function later(): void {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      show();
    });
  }

  function show(): void {
    const { own: mine, plain: theirs } = sides!;
    own.show(mine);
    plain.show(theirs);
    factor.text = mine.ms && theirs.ms ? times(theirs.ms / mine.ms) : '? ×';
    bySteps.draw(curve(mine, indices(mine)), curve(theirs, indices(theirs)));
    byTime.draw(curve(mine, mine.seconds), curve(theirs, theirs.seconds));
    const going = running();
    button.text = going ? 'Stop' : AGAIN;
    fieldset.disabled = going;
    said(mine, theirs, going);
  }

  function said(mine: Side, theirs: Side, going: boolean): void {
    const failed = [mine, theirs].find(({ phase }) => phase === 'failed');
    const loading = [mine, theirs].some(({ phase }) => phase === 'loading');
    if (failed) status.fail(failed.error);
    else if (going) status.say(loading ? LOADING : 'Training', 'training');
    else status.say('Stopped');
  }

  panel.append(
    bench(
      [
        fieldset,
        el('div', { class: 'buttons' }, button.root),
        el(
          'p',
          { class: 'note' },
          'TensorFlow.js (2 MB) is loaded when you press the button. Each side has a worker of its own, one thread, the same random numbers.',
        ),
      ],
      column(
        card(
          'contest-title',
          'TensorFlow.js learns to add, with two more lines and without',
          el(
            'p',
            { class: 'headline' },
            factor.root,
            ' ',
            el('span', {}, 'as many steps per second with unrolled, in the program below, as it is'),
          ),
          status.root,
          el('div', { class: 'contest' }, own.root, plain.root),
        ),
        card(
          'curves-title',
          'The same curve, sooner',
          el(
            'div',
            { class: 'contest' },
            figure('Loss by step: the two are the same', bySteps.root),
            figure('Loss by time', byTime.root),
          ),
          el(
            'p',
            { class: 'legend keys' },
            el('span', { class: 'entry' }, el('span', { class: 'key accent' }), 'with unrolled'),
            el('span', { class: 'entry' }, el('span', { class: 'key thick' }), 'Plain TensorFlow.js'),
          ),
        ),
        new Code('The program, and the two lines', withLines(program), TWO_LINES.trim().split('\n')).root,
      ),
    ),
  );
  linked(panel, 'tensorflow', { backend, kind, units });
}

/** The program with the two lines behind its import. */
function withLines(source: string): string {
  const end = source.indexOf('\n') + 1;
  return source.slice(0, end) + TWO_LINES + source.slice(end);
}

const curve = ({ losses }: Side, x: readonly number[]) => [x, losses] as const;
const indices = ({ losses }: Side) => losses.map((_, i) => i + 1);

function figure(caption: string, chart: HTMLElement): HTMLElement {
  return el('figure', {}, el('figcaption', { class: 'note' }, caption), chart);
}

const EMPTY: readonly Sum[] = ['7+5', '12+34', '38+47', '50+50', '64+29', '99+1'].map((question) => ({
  question,
  answer: '…',
  right: false,
}));

/** What one side does. */
class Column {
  readonly root: HTMLElement;
  readonly #numbers = new Numbers({
    rate: ['Steps per second', LONGEST.short],
    steps: ['Steps', String(STEPS)],
    loss: ['Loss', LONGEST.short],
  });
  readonly #sums = EMPTY.map(() => room('li', {}, ['99+99 = 9999 ✓']));

  constructor(title: string, kind: string) {
    this.root = el(
      'div',
      { class: `side-of ${kind}` },
      el('h3', {}, title),
      this.#numbers.root,
      el('ul', { class: 'sums' }, ...this.#sums.map(({ root }) => root)),
    );
    this.#show(EMPTY);
  }

  show({ ms, steps, losses, sums }: Side): void {
    this.#numbers.set({
      rate: ms ? short(1000 / ms) : undefined,
      steps: steps ? String(steps) : undefined,
      loss: steps ? short(losses.at(-1)!) : undefined,
    });
    this.#show(sums.length ? sums : EMPTY);
  }

  #show(sums: readonly Sum[]): void {
    for (const [i, { root, text }] of this.#sums.entries()) {
      const { question, answer, right } = sums[i]!;
      root.classList.toggle('right', right);
      text.textContent = `${question} = ${answer}${right ? ' ✓' : ''}`;
    }
  }
}
