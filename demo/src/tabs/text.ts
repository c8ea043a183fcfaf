import { ReachMap } from '../charts/reach.ts';
import { Panel } from '../train/panel.ts';
import { Run } from '../train/run.ts';
import type { Session } from '../train/session.ts';
import { linked } from '../ui/address.ts';
import { bench, column } from '../ui/bench.ts';
import { card, el } from '../ui/el.ts';
import { slider, text } from '../ui/fields.ts';
import { Minds } from './text/minds.ts';
import { SettingsForm, type TextSettings } from './text/settings.ts';
import { TextTask } from './text/task.ts';

/** Characters written at a time. */
const LENGTH = 280;

/** A text, learnt character by character. */
export function textTab(panel: HTMLElement): void {
  const form = new SettingsForm();
  const minds = new Minds();
  const reach = new ReachMap();
  const prompt = text('Begin with', 'The ');
  const temperature = slider('Temperature', 0.7, [0, 1.5, 0.05]);
  const again = el('button', { type: 'button', onclick: () => void writeMore() }, 'Write');
  let task: TextTask | undefined;
  let looks = 0;

  const run = new Run<TextSettings, TextTask>({
    name: 'text',
    form,
    make: (settings) => TextTask.of(settings),
    opened: (made) => {
      task = made;
    },
    look: async (session) => {
      await write(session);
      reach.show(await task!.reach(session, looks++));
      // both at once, so that neither moves the other
      reach.root.hidden = minds.units.hidden = false;
    },
    changed: (now) => {
      view.show(now);
      form.disabled = now.locked;
      again.disabled = !now.session || now.phase === 'starting';
    },
  });
  const view = new Panel({ unit: 'nats per character', rows: 'Characters' });

  async function write(session: Session): Promise<void> {
    const given = prompt.value;
    const options = { prompt: given, length: LENGTH, temperature: temperature.value, seed: looks };
    const { tokens, confidence, activations } = await task!.write(session, options);
    minds.show({ prompt: given, characters: task!.vocabulary.decode(tokens), confidence, activations });
  }

  async function writeMore(): Promise<void> {
    looks++;
    await run.ask(write);
  }

  panel.append(
    bench(
      [form.root, view.buttons],
      column(
        view.status,
        card(
          'writes-title',
          'What it writes',
          minds.text,
          el(
            'div',
            { class: 'bar ask' },
            prompt.root,
            temperature.root,
            el('div', { class: 'buttons' }, again),
          ),
        ),
        minds.units,
        reach.root,
      ),
    ),
  );
  // nothing to see in them yet
  reach.root.hidden = minds.units.hidden = true;
  view.show(run);
  // what was pasted stays with the person
  const { own, ...settings } = form.fields;
  void run.recall(linked(panel, 'text', { ...settings, prompt, temperature }));
}
