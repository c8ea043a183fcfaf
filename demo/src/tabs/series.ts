import { ForecastChart } from '../charts/forecastChart.ts';
import { sources } from '../data/series.ts';
import { cells } from '../train/model.ts';
import { Panel } from '../train/panel.ts';
import { Run } from '../train/run.ts';
import type { Session } from '../train/session.ts';
import { linked } from '../ui/address.ts';
import { bench, column } from '../ui/bench.ts';
import { Changing } from '../ui/changing.ts';
import { el } from '../ui/el.ts';
import { choice, numbers, slider, whole } from '../ui/fields.ts';
import { Form } from '../ui/form.ts';
import { LONGEST, short } from '../ui/words.ts';
import { SHARE } from './series/band.ts';
import { testOrigins } from './series/outlook.ts';
import { type SeriesSettings, SeriesTask } from './series/task.ts';

/** A real series, and what comes next in it. */
export function seriesTab(panel: HTMLElement): void {
  /** What is shown, and what the model is trained on. */
  let task: SeriesTask | undefined;
  let trained: SeriesTask | undefined;
  const series = choice(
    'Series',
    Object.entries(sources).map(([name, { label }]) => [name, label] as const),
    'co2',
    () => void preview(),
  );
  const cell = choice('Cell', cells, 'GRU');
  const hidden = numbers('Hidden units', [8, 16, 32, 64, 128], 32);
  const updates = whole('Updates', 1500, 50, 100_000);
  const chart = new ForecastChart();
  const all = Object.values(sources);
  const title = new Changing('h2', { id: 'forecast-title' }, all.map(titleOf), titleOf(sources.co2!));
  const widest = { error: LONGEST.short, naive: LONGEST.short, held: 1 };
  const verdict = new Changing(
    'p',
    { class: 'note verdict' },
    all.map(({ unit }) => verdictOf(widest, unit)),
    'Loading the series …',
  );
  const from = slider(
    'Forecast from',
    1,
    [0, 1, 0.01],
    () => void look(),
    () => date(),
    Array.from({ length: 12 }, (_, month) => dated(Date.UTC(2000, month, 28))),
  );
  let busy = false;

  const form = new Form<SeriesSettings>({ series, cell, hidden, updates });
  const run = new Run<SeriesSettings, SeriesTask>({
    name: 'series',
    form,
    make: (given) => SeriesTask.of(given),
    opened: (made) => {
      trained = made;
    },
    look: show,
    changed: (now) => {
      view.show(now);
      fieldset.disabled = now.locked;
    },
  });
  const view = new Panel({ unit: 'share of variance', rows: 'Steps' });
  const fieldset = el(
    'fieldset',
    {},
    el('legend', {}, 'What to forecast'),
    series.root,
    el('div', { class: 'pairs' }, cell.root, hidden.root),
    updates.root,
  );

  /** Only the series, before there is a model of it. The last one asked for wins. */
  async function preview(): Promise<void> {
    const asked = form.value;
    try {
      const shown = await SeriesTask.of(asked);
      if (asked.series !== series.value || fieldset.disabled) return;
      task = shown;
      describe();
      chart.draw(task.series);
    } catch (error) {
      if (asked.series === series.value) verdict.text = `${(error as Error).message}.`;
    }
  }

  function describe(): void {
    title.text = titleOf(task!.series.source);
    from.update();
    verdict.text = 'Not trained yet: this is what was observed.';
  }

  async function show(session: Session): Promise<void> {
    task = trained!;
    const outlook = await task.outlook(session, origin());
    // another series is looked at meanwhile
    if (task !== trained) return;
    describe();
    chart.draw(task.series, outlook);
    const { held, error, naive } = outlook;
    const told = { error: short(error), naive: short(naive), held };
    verdict.text = verdictOf(told, task.series.source.unit);
  }

  /** Where forecasts begin, within the part they are tested on. */
  function origin(): number {
    const [first, last] = testOrigins(task!.series);
    return Math.round(first + from.value * (last - first));
  }

  function date(): string {
    if (!task) return '';
    return dated(1000 * task.series.times[origin()]!);
  }

  /** With the slider: the last asked for wins. */
  async function look(): Promise<void> {
    if (busy || task !== trained) return;
    busy = true;
    let shown: number;
    do {
      shown = from.value;
      await run.ask(show);
    } while (run.session && shown !== from.value);
    busy = false;
  }

  panel.append(
    bench(
      [fieldset, view.buttons],
      column(
        el(
          'section',
          { class: 'card', 'aria-labelledby': 'forecast-title' },
          title.root,
          chart.root,
          el(
            'p',
            { class: 'legend keys' },
            entry('ink', 'observed'),
            entry('accent', 'forecast'),
            entry('band', `${100 * SHARE} % band`),
          ),
          from.root,
          verdict.root,
        ),
        view.status,
      ),
    ),
  );
  view.show(run);
  void run.recall(linked(panel, 'series', { ...form.fields, from })).then(() => {
    if (!task) void preview();
  });
}

const dated = (ms: number) => new Date(ms).toLocaleDateString('en', { dateStyle: 'medium', timeZone: 'UTC' });

function verdictOf({ error, naive, held }: Verdict, unit: string): string {
  return (
    `On the last tenth of the series, which the model has not seen: off by ${error} ${unit} on average ` +
    `(${naive} ${unit} if nothing changed); the ${100 * SHARE} % band holds ${Math.round(100 * held)} % of what came.`
  );
}

interface Verdict {
  readonly error: string;
  readonly naive: string;
  /** 0..1. */
  readonly held: number;
}

const titleOf = ({ label, horizon, step, unit }: (typeof sources)[string]) =>
  `${label}: ${horizon} ${step} ahead (${unit})`;

/** Of a legend: a line or an area, and what it stands for. */
function entry(key: string, label: string): HTMLElement {
  return el('span', { class: 'entry' }, el('span', { class: `key ${key}` }), label);
}
