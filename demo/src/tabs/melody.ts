import { type Note, parse } from '../data/notes.ts';
import { tunes } from '../data/tunes.ts';
import { cells } from '../train/model.ts';
import { Panel } from '../train/panel.ts';
import { Run } from '../train/run.ts';
import type { Session } from '../train/session.ts';
import { linked } from '../ui/address.ts';
import { bench, column } from '../ui/bench.ts';
import { Changing } from '../ui/changing.ts';
import { card, el } from '../ui/el.ts';
import { choice, numbers, slider, whole } from '../ui/fields.ts';
import { Form } from '../ui/form.ts';
import { Player } from './melody/player.ts';
import { Roll } from './melody/roll.ts';
import { type Drawn, fitting, type MelodySettings, MelodyTask, pitches, QUARTERS } from './melody/task.ts';

/** Seconds of sound that are written ahead of what is heard. */
const AHEAD = 0.3;
const TUNE = 'Ode to Joy';
const WRITTEN = 'A melody that it has just written.';
const WRITES = 'It writes, and plays what it writes.';

/** Short tunes, and what a model makes of them. */
export function melodyTab(panel: HTMLElement): void {
  const cell = choice('Cell', cells, 'LSTM');
  const hidden = numbers('Hidden units', [16, 32, 64, 128], 64);
  const updates = whole('Updates', 600, 50, 100_000);
  const temperature = slider('Temperature', 0.8, [0, 1.5, 0.05]);
  const tempo = slider(
    'Tempo',
    140,
    [60, 240, 5],
    () => {},
    (value) => `${value} per minute`,
  );
  const roll = new Roll(pitches, QUARTERS);
  const player = new Player();
  const play = new Changing(
    'button',
    { type: 'button', class: 'first', onclick: () => press(replay) },
    ['Silence'],
    'Play',
  );
  const write = el('button', { type: 'button', onclick: () => press(improvise) }, 'Write and play');
  const said = new Changing(
    'p',
    { class: 'said', 'aria-live': 'polite' },
    [WRITTEN, WRITES, 'No sound: this browser begins none before a person has pressed something'],
    `For now ${TUNE}, one of its tunes.`,
  );
  let task: MelodyTask | undefined;
  let notes: readonly Note[] = fitting(parse(tunes[TUNE]!));
  /** What plays; another one once it was silenced. */
  let playing: object | undefined;
  let seed = 0;

  const run = new Run<MelodySettings, MelodyTask>({
    name: 'melody',
    form: new Form<MelodySettings>({ cell, hidden, updates }),
    make: (settings) => new MelodyTask(settings),
    opened: (made) => {
      task = made;
    },
    look: async (session) => {
      // what is heard stays to be seen
      if (!playing) await compose(session);
    },
    changed: (now) => {
      view.show(now);
      fieldset.disabled = now.locked;
      write.disabled = !now.session;
    },
  });
  const view = new Panel({ unit: 'nats per note', rows: 'Notes' });
  const fieldset = el(
    'fieldset',
    {},
    el('legend', {}, 'What to train'),
    el('div', { class: 'pairs' }, cell.root, hidden.root),
    updates.root,
  );

  async function compose(session: Session): Promise<void> {
    const written = await task!.write(session, temperature.value, seed++);
    if (playing || !written.notes.length) return;
    ({ notes } = written);
    roll.show(notes, written.confidence, 'Melody');
    said.text = WRITTEN;
  }

  /** Plays, or ends what plays. */
  function press(perform: (is: () => boolean) => Promise<void>): void {
    const mine = playing ? undefined : {};
    playing = mine;
    player.stop();
    if (mine) void hear(mine, perform);
    label();
  }

  async function hear(mine: object, perform: (is: () => boolean) => Promise<void>): Promise<void> {
    try {
      await player.start();
      await perform(() => playing === mine);
      while (playing === mine && player.ahead > 0) await soon();
    } catch (error) {
      said.text = `No sound: ${(error as Error).message}`;
    }
    if (playing !== mine) return;
    playing = undefined;
    player.stop();
    label();
  }

  function label(): void {
    play.text = playing ? 'Silence' : 'Play';
    // its place stays
    write.classList.toggle('away', playing !== undefined);
    if (!playing) roll.mark(-1);
  }

  /** What is on the roll. */
  async function replay(is: () => boolean): Promise<void> {
    for (const [i, note] of notes.entries()) {
      await near(is);
      if (!is()) return;
      player.add(note, tempo.value, () => roll.mark(i));
    }
  }

  /** Note by note, each by the weights as they are when its turn comes. */
  async function improvise(is: () => boolean): Promise<void> {
    const drawn: Drawn[] = [];
    said.text = WRITES;
    roll.show([], [], 'Melody');
    for (;;) {
      await near(is);
      let next: Drawn | undefined;
      await run.ask(async (session) => {
        next = await task!.next(session, drawn, temperature.value, seed++);
      });
      if (!next || !is()) return;
      const i = drawn.push(next) - 1;
      notes = drawn.map(({ note }) => note);
      roll.show(
        notes,
        drawn.map(({ confidence }) => confidence),
        'Melody',
      );
      roll.mark(i - 1);
      player.add(next.note, tempo.value, () => roll.mark(i));
    }
  }

  /** Waits until what is to be heard has almost ended. */
  async function near(is: () => boolean): Promise<void> {
    while (is() && player.ahead > AHEAD) await soon();
  }

  panel.append(
    bench(
      [fieldset, view.buttons],
      column(
        card(
          'melody-title',
          'What it writes',
          said.root,
          roll.root,
          el(
            'p',
            { class: 'legend keys' },
            el('span', { class: 'entry' }, 'a guess', el('span', { class: 'scale sure' }), 'sure'),
            el('span', { class: 'entry' }, 'a row per note, a line per bar'),
          ),
          el(
            'div',
            { class: 'bar ask' },
            temperature.root,
            tempo.root,
            el('div', { class: 'buttons' }, play.root, write),
          ),
          el('p', { class: 'note' }, `Learned from ${Object.keys(tunes).join(', ')}.`),
        ),
        view.status,
      ),
    ),
  );
  roll.show(
    notes,
    notes.map(() => 1),
    TUNE,
  );
  write.disabled = true;
  view.show(run);
  void run.recall(linked(panel, 'melody', { cell, hidden, updates, temperature, tempo }));
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 40));
