import program from '../code/page.js.txt?raw';
import { linked } from '../ui/address.ts';
import { column } from '../ui/bench.ts';
import { Changing, room, Status } from '../ui/changing.ts';
import { Code } from '../ui/code.ts';
import { el } from '../ui/el.ts';
import { field, slider } from '../ui/fields.ts';
import { Numbers } from '../ui/numbers.ts';
import { LONGEST, short } from '../ui/words.ts';
import {
  type Ask,
  LENGTH,
  type Look,
  type Looks,
  type Name,
  type Sample,
  type Told,
} from '../watch/protocol.ts';
import kept from '../watch/samples.json';
import { Scene } from '../watch/scene.ts';

/** The part of a gradient that counts as reached. */
const REACHED = 0.01;
/** Units of a step above this, of 127, fire. */
const FIRES = 90;
const HIDDEN = 32;
const FIRST = 'k call me ishmael ';
/** Before the first sample of a text. */
const UNWRITTEN: readonly Sample[] = [{ step: 0, RNN: '…', LSTM: '…' }];

/** Nothing is known yet, but the letters. */
function nothing(): Looks {
  const count = FIRST.length;
  const look: Look = {
    loss: Number.NaN,
    guesses: Array.from({ length: count }, () => ({ letter: ' ', share: 0 })),
    units: new Int8Array(count * HIDDEN),
    reach: new Float32Array(count * count),
  };
  return { step: 0, letters: FIRST, next: `${FIRST.slice(1)}k`, networks: { RNN: look, LSTM: look } };
}

/** Two networks unrolled in time, which go on learning by themselves. */
export function watchTab(panel: HTMLElement): void {
  const scene = new Scene(nothing());
  const worker = new Worker(new URL('../watch/watchWorker.ts', import.meta.url), { type: 'module' });
  const ask = (asked: Ask) => worker.postMessage(asked);
  const said = new Changing(
    'p',
    { class: 'note reached' },
    [reachedOf('m'.repeat(FIRST.length), { RNN: [10, 10], LSTM: [10, 10] })],
    'Once the networks have read a letter, you see how far back it reaches.',
  );
  const status = new Status(['Learning your words'], 'Loading the networks …');
  const numbers = new Numbers({
    step: ['Update', '1,000,000'],
    RNN: ['RNN loss (nats)', LONGEST.short],
    LSTM: ['LSTM loss (nats)', LONGEST.short],
  });
  const strip = el('ol', { class: 'strip', tabindex: 0, 'aria-label': 'What they wrote, by update' });
  const pause = { type: 'button', class: 'main', onclick: () => turn(!goes) };
  const button = new Changing('button', pause, ['Go on'], 'Pause');
  const from = slider(
    'Look back from letter',
    FIRST.length - 2,
    [0, FIRST.length - 1, 1],
    (value) => select(value),
    (value) => `“${scene.looks.letters[value] === ' ' ? '·' : scene.looks.letters[value]}”`,
    ['“m”', '“w”'],
  );
  const words = el('textarea', { rows: 2, id: 'watch-words', spellcheck: 'false' });
  let goes = true;

  function turn(on: boolean): void {
    goes = on;
    button.text = on ? 'Pause' : 'Go on';
    status.text = on ? 'Learning' : 'Paused';
    work();
  }

  /** Nothing is done that nobody sees. */
  let isSeen = true;
  function work(): void {
    const on = goes && isSeen && !document.hidden;
    ask({ kind: on ? 'go' : 'rest' });
    scene.play(on);
  }
  new IntersectionObserver(([entry]) => {
    isSeen = entry!.isIntersecting;
    work();
  }).observe(panel);
  document.addEventListener('visibilitychange', work);

  function select(k: number | undefined): void {
    scene.selected = k;
    if (k !== undefined) from.value = k;
    describe();
    scene.draw();
  }

  /** How far back the letter that is looked at reaches, and what fires there. */
  function describe(): void {
    const { letters, networks, step } = scene.looks;
    if (!step) return;
    const count = letters.length;
    const k = scene.selected ?? count - 2;
    const far = ({ reach }: Look) => {
      const row = reach.subarray(k * count, k * count + k + 1);
      return k - row.findIndex((share) => share >= REACHED);
    };
    const firing = ({ units }: Look) => {
      const own = units.subarray(k * HIDDEN, (k + 1) * HIDDEN);
      return own.filter((value) => Math.abs(value) > FIRES).length;
    };
    const found = (name: Name) => [far(networks[name]), firing(networks[name])] as const;
    said.text = reachedOf(letters.slice(0, k + 1), { RNN: found('RNN'), LSTM: found('LSTM') });
  }

  function write({ step, RNN, LSTM }: Sample): void {
    const one = (name: Name, wrote: string) =>
      room('span', {}, [`${name} ${'m'.repeat(LENGTH)}`], el('b', {}, name), ` ${wrote}`).root;
    const title = new Changing('strong', {}, [updateOf(1e6)], updateOf(step)).root;
    strip.append(el('li', {}, title, one('RNN', RNN), one('LSTM', LSTM)));
  }

  function learn(): void {
    ask({ kind: 'learn', text: words.value });
    strip.replaceChildren();
    for (const sample of words.value.trim() ? UNWRITTEN : kept) write(sample);
    status.text = words.value.trim() ? 'Learning your words' : 'Learning';
  }

  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'failed') status.fail(data.error);
    else if (data.kind === 'sample') {
      write(data.sample);
      strip.scrollLeft = strip.scrollWidth;
    } else {
      if (!scene.looks.step) status.text = 'Learning';
      scene.set(data);
      const { RNN, LSTM } = data.networks;
      numbers.set({ step: data.step.toLocaleString('en'), RNN: short(RNN.loss), LSTM: short(LSTM.loss) });
      describe();
      from.update();
    }
  };
  worker.onerror = ({ message }) => status.fail(message || 'the worker can’t be loaded');

  scene.canvas.addEventListener('pointermove', ({ clientX }) => select(scene.at(clientX)));
  scene.canvas.addEventListener('pointerdown', ({ clientX }) => select(scene.at(clientX)));
  scene.canvas.addEventListener('pointerleave', () => select(undefined));
  from.root.addEventListener('focusout', () => select(undefined));
  panel.append(
    column(
      el(
        'section',
        { class: 'card', 'aria-labelledby': 'watch-title' },
        el('h2', { id: 'watch-title' }, 'A network, unrolled in time'),
        el('div', { class: 'ends of' }, el('span', {}, 'RNN: the light fades'), el('span', {}, 'guess')),
        scene.canvas,
        el('div', { class: 'ends of' }, el('span', {}, 'LSTM: it reaches back'), el('span', {}, 'guess')),
        el(
          'p',
          { class: 'note below' },
          'Each line of the text ends with the letter it began with: a network must remember it. Letters go in (a dot is a space), guesses come out, and the state of 32 units, from −1 (blue) to 1 (orange), passes on. Then the gradient of the last guess runs back as light. Point at a letter to look back from it.',
        ),
        said.root,
        el('div', { class: 'bar ask' }, from.root, el('div', { class: 'buttons' }, button.root)),
        status.root,
        numbers.root,
      ),
      el(
        'section',
        { class: 'card', 'aria-labelledby': 'strip-title' },
        el('h2', { id: 'strip-title' }, 'What they write'),
        strip,
      ),
      el(
        'section',
        { class: 'card', 'aria-labelledby': 'words-title' },
        el('h2', { id: 'words-title' }, 'Your words'),
        el(
          'div',
          { class: 'field' },
          el('label', { for: 'watch-words' }, 'Type or paste a text: they learn it and go on in your words'),
          words,
        ),
        el('div', { class: 'buttons' }, el('button', { type: 'button', onclick: learn }, 'Learn it')),
      ),
      new Code('The same in 20 lines', program).root,
    ),
  );
  for (const sample of kept) write(sample);
  const settings = {
    words: field(
      words,
      words,
      () => words.value,
      (value) => (words.value = value),
      isText,
    ),
  };
  if (linked(panel, 'watch', settings).words) learn();
}

/** By network: letters that it reaches back, and units that fire. */
type Reached = Readonly<Record<Name, readonly [letters: number, firing: number]>>;

function reachedOf(read: string, found: Reached): string {
  const one = (name: Name) =>
    `${found[name][0]} letters in the ${name}, where ${found[name][1]} of ${HIDDEN} units fire`;
  return `After “${read}”, a hundredth of the gradient or more reaches back ${one('RNN')}; ${one('LSTM')}.`;
}

const updateOf = (step: number) => `Update ${step.toLocaleString('en')}`;

const isText = (value: unknown): value is string => typeof value === 'string';
