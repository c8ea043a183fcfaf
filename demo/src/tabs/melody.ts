import type { Note } from '../data/notes.ts';
import { tunes } from '../data/tunes.ts';
import { cells } from '../train/model.ts';
import { Panel } from '../train/panel.ts';
import { Run } from '../train/run.ts';
import type { Session } from '../train/session.ts';
import { bench, column } from '../ui/bench.ts';
import { card, el } from '../ui/el.ts';
import { choice, numbers, slider, whole } from '../ui/fields.ts';
import { Form } from '../ui/form.ts';
import { Player } from './melody/player.ts';
import { Roll } from './melody/roll.ts';
import { type MelodySettings, MelodyTask } from './melody/task.ts';

/** Short tunes, and what a model makes of them. */
export function melodyTab(panel: HTMLElement): void {
  const cell = choice('Cell', cells, 'LSTM');
  const hidden = numbers('Hidden units', [16, 32, 64, 128], 64);
  const updates = whole('Updates', 600, 50, 100_000);
  const temperature = slider('Temperature', 0.8, [0, 1.5, 0.05]);
  const tempo = slider('Tempo', 140, [60, 240, 5]);
  const roll = new Roll();
  const player = new Player();
  const play = el('button', { type: 'button', class: 'first', onclick: () => void press() }, 'Play');
  const again = el('button', { type: 'button', onclick: () => void run.ask(compose) }, 'Write another');
  const silent = el('p', { class: 'said', 'aria-live': 'polite', hidden: true });
  let task: MelodyTask | undefined;
  let notes: Note[] = [];
  let playing = false;
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
      again.disabled = !now.session;
    },
  });
  const view = new Panel({ unit: 'nats a note', rows: 'Notes' });
  const fieldset = el(
    'fieldset',
    {},
    el('legend', {}, 'What to train'),
    el('div', { class: 'pairs' }, cell.root, hidden.root),
    updates.root,
  );

  async function compose(session: Session): Promise<void> {
    const written = await task!.write(session, temperature.value, seed++);
    if (playing) player.stop();
    ({ notes } = written);
    roll.show(notes, written.confidence);
    play.disabled = notes.length === 0;
  }

  async function press(): Promise<void> {
    if (playing) {
      player.stop();
      return;
    }
    playing = true;
    play.textContent = 'Silence';
    silent.hidden = true;
    try {
      await player.play(notes, tempo.value, (index) => roll.mark(index));
    } catch (error) {
      silent.textContent = `No sound: ${(error as Error).message}`;
      silent.hidden = false;
    } finally {
      playing = false;
      play.textContent = 'Play';
      roll.mark(-1);
    }
  }

  play.disabled = true;
  panel.append(
    bench(
      [fieldset, view.buttons],
      column(
        card(
          'melody-title',
          'What it writes',
          el('p', { class: 'note' }, `Learnt from ${Object.keys(tunes).join(', ')}.`),
          roll.root,
          el('p', { class: 'legend' }, 'a guess', el('span', { class: 'scale sure' }), 'sure'),
          el(
            'div',
            { class: 'bar ask' },
            temperature.root,
            tempo.root,
            el('div', { class: 'buttons' }, play, again),
          ),
          silent,
        ),
        view.status,
      ),
    ),
  );
  view.show(run);
  void run.recall();
}
