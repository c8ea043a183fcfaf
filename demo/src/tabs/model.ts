import type { Port } from '../../../dist/modelFiles/opened.js';
import { LossChart } from '../charts/lossChart.ts';
import { ModelClient } from '../model/client.ts';
import { graphOf } from '../model/graph.ts';
import type { Described, Given, Shown } from '../model/protocol.ts';
import { bench } from '../ui/bench.ts';
import { Changing, Status } from '../ui/changing.ts';
import { download } from '../ui/download.ts';
import { dropped } from '../ui/dropped.ts';
import { dropZone } from '../ui/dropZone.ts';
import { card, el } from '../ui/el.ts';
import { LONGEST, short, size } from '../ui/words.ts';
import example from '../watch/lstm.safetensors?url';

/** Steps of one training. */
const STEPS = 150;
/** Of all files together. */
const MOST_BYTES = 2 ** 29;

const KINDS =
  'Keras (.keras, .h5), TensorFlow.js (model.json with its shards), PyTorch (.pt), ONNX, safetensors, amplifiers (.nam, RTNeural JSON), charRNN (its folder), ICU segmenters (weights.json), NumPy (.npy)';

/** A model that a person has: what it is, a run of it, more training, and the same in another format. */
export function modelTab(panel: HTMLElement): void {
  const client = new ModelClient();
  const zone = dropZone('Drop a model here', 'file or folder, or choose files', (files) => void open(files));
  const stop = el(
    'button',
    { type: 'button', disabled: true, onclick: () => client.end(new Error('Stopped')) },
    'Stop',
  );
  const status = new Status(
    ['Reading a-model-of-mine.safetensors …'],
    'Nothing opened yet. What you open stays in this page.',
  );
  const column = el('div', { class: 'column' });
  let busy = false;

  async function open(files: readonly File[]): Promise<void> {
    if (!files.length) {
      say('No file that can be read.', true);
      return;
    }
    if (files.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) {
      say(`Too large: ${size(MOST_BYTES)} at most.`, true);
      return;
    }
    const described = await doing(`Reading ${files[0]!.name} …`, async () => {
      const given: Given[] = await Promise.all(
        files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
      );
      return client.call('open', [given], { transfer: given.map(({ bytes }) => bytes.buffer) });
    });
    if (!described) {
      column.replaceChildren(about(tryOne));
      return;
    }
    say(`${described.file.name}: ${described.file.format}`);
    show(described);
  }

  /** The network of the first tab. */
  async function tryOne(): Promise<void> {
    const answer = await fetch(example).catch(() => undefined);
    if (answer?.ok) await open([new File([await answer.blob()], 'letters.safetensors')]);
    else say('The example can’t be loaded.', true);
  }

  /** One thing at a time; what fails is said. */
  async function doing<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    if (busy) return undefined;
    busy = true;
    say(what);
    stop.disabled = false;
    panel.setAttribute('aria-busy', 'true');
    try {
      return await work();
    } catch (error) {
      say((error as Error).message, true);
      return undefined;
    } finally {
      busy = false;
      stop.disabled = true;
      panel.removeAttribute('aria-busy');
    }
  }

  function say(words: string, isWrong = false): void {
    status.say(words, isWrong ? 'failed' : busy ? 'training' : '');
  }

  function show(described: Described): void {
    const {
      file: { name, format, bytes },
      parameters,
      runs,
      trains,
      whyNot,
    } = described;
    const facts = [format, size(bytes), `${parameters.toLocaleString('en')} parameters`];
    const cards = [
      titled(name, el('p', { class: 'note' }, facts.join(' · ')), ...graphOf(described)),
      ...(runs ? [runCard(described)] : []),
      ...(trains ? [trainCard(described)] : []),
      ...(described.saves.length ? [saveCard(described)] : []),
    ];
    if (whyNot && !trains)
      cards[0]!.append(
        el('p', { class: 'note' }, `${runs ? 'Not trained here' : 'Not run here'}: ${whyNot}.`),
      );
    column.replaceChildren(...cards);
  }

  function runCard({ inputs, outputs }: Described): HTMLElement {
    const time = new Changing('strong', { class: 'factor' }, [`${LONGEST.short} ms`], '? ms');
    const of = new Changing('span', {}, [runOf(inputs)], 'per run');
    const shown = outputs.map(shownOutput);
    const result = el('div', { class: 'result', 'aria-live': 'polite' });
    result.append(el('p', { class: 'headline' }, time.root, of.root), ...shown.map(({ root }) => root));
    const run = async () => {
      const ran = await doing('Running …', () => client.call('run', []));
      if (!ran) return;
      say(`Ran ${ran.runs} times`);
      time.text = ran.ms < 1 ? `${short(1000 * ran.ms)} µs` : `${short(ran.ms)} ms`;
      of.text = runOf(ran.inputs);
      for (const [i, output] of ran.outputs.entries()) shown[i]!.text = saidOf(output);
    };
    return titled(
      'Run it',
      el('p', { class: 'note' }, 'On numbers that are drawn, again and again: the median time of a run.'),
      el('div', { class: 'buttons' }, el('button', { type: 'button', onclick: () => void run() }, 'Run')),
      result,
    );
  }

  function trainCard({ inputs, outputs }: Described): HTMLElement {
    const chart = new LossChart('Loss');
    const steps: number[] = [];
    const losses: number[] = [];
    const said = new Changing(
      'p',
      { class: 'note' },
      [readFrom('a-table-of-mine.csv'), lossOf(LONGEST.short, LONGEST.short, 1000)],
      'A wave or indices go in; it learns to give the mean of the last steps, or which index it was.',
    );
    let csv: string | undefined;
    const train = async () => {
      const before = steps.length;
      const done = await doing('Training …', () =>
        client.call('train', [csv, STEPS], {
          losses: (step, more) => {
            for (const [i, loss] of more.entries()) {
              steps.push(before + step - more.length + i + 1);
              losses.push(loss);
            }
            chart.draw(steps, losses);
          },
        }),
      );
      if (!done) return;
      const mean = (part: readonly number[]) => part.reduce((a, b) => a + b, 0) / part.length;
      said.text = lossOf(short(mean(losses.slice(0, 5))), short(mean(losses.slice(-5))), done.trained);
      say('Trained');
    };
    const table = dropZone('A table of your own (.csv)', 'numbers, one row per step', (files) => {
      void files[0]?.text().then((text) => {
        csv = text;
        steps.length = losses.length = 0;
        said.text = readFrom(files[0]!.name);
      });
    });
    const isPlain = inputs.length === 1 && outputs.length === 1 && inputs[0]!.type !== 'int32';
    return titled(
      'Train it further',
      said.root,
      chart.root,
      el(
        'div',
        { class: 'buttons' },
        el('button', { type: 'button', onclick: () => void train() }, `Train ${STEPS} updates`),
      ),
      ...(isPlain ? [table] : []),
    );
  }

  function saveCard({ file: { name }, saves }: Described): HTMLElement {
    const save = async (ending: string) => {
      const bytes = await doing('Writing …', () => client.call('save', [ending]));
      if (!bytes) return;
      const file = `${name.replace(/\.\w+$/, '')}${ending}`;
      download(file, bytes);
      say(`Saved ${file}, ${size(bytes.length)}`);
    };
    const button = (ending: string) =>
      el('button', { type: 'button', onclick: () => void save(ending) }, `Save as ${ending}`);
    return titled(
      'Take it with you',
      el(
        'p',
        { class: 'note' },
        'safetensors opens in PyTorch, ONNX in ONNX Runtime; what it has learned here is in it.',
      ),
      el('div', { class: 'buttons' }, ...saves.map(button)),
    );
  }

  column.append(about(tryOne));
  for (const kind of ['dragover', 'drop']) panel.addEventListener(kind, (event) => event.preventDefault());
  panel.addEventListener('drop', ({ dataTransfer }) => void dropped(dataTransfer).then(open));
  panel.append(bench([zone, stop, status.root], column));
}

function about(tryOne: () => Promise<void>): HTMLElement {
  return titled(
    'What can be opened',
    el('p', {}, KINDS, '.'),
    el(
      'p',
      { class: 'note' },
      'A recurrent model is drawn layer by layer, run and timed, trained further where it consists of layers, and saved as safetensors or ONNX. The file is read in a worker and never leaves this page.',
    ),
    el(
      'div',
      { class: 'buttons' },
      el('button', { type: 'button', onclick: () => void tryOne() }, 'Open an example'),
    ),
  );
}

function titled(title: string, ...children: HTMLElement[]): HTMLElement {
  return card(`model-${title.replace(/\W+/g, '-')}`, title, ...children);
}

const readFrom = (name: string) =>
  `${name}: the first columns are read; the last ones, or the row after, are what it is to give.`;

const lossOf = (before: string, after: string, updates: number) =>
  `Loss ${before} at first, ${after} after ${updates} updates.`;

const listed = (dims: Port['dims']) => `[${dims.map((size) => size ?? '?').join(', ')}]`;
const runOf = (inputs: readonly Pick<Port, 'dims'>[]) =>
  `per run of ${inputs.map(({ dims }) => listed(dims)).join(', ')}`;

/** Values of an output that are shown at most. */
const VALUES = 8;

/** Room for an output, before there is one. */
function shownOutput({ name, dims }: Port): Changing<'p'> {
  const widest = { name, dims: dims.map(() => 1000), low: -1e-10, high: -1e-10 };
  const longest = saidOf({ ...widest, values: Array(VALUES).fill(-1e-10) });
  return new Changing('p', { class: 'values' }, [longest], `${name} ${listed(dims)}`);
}

function saidOf({ name, dims, low, high, values }: Shown): string {
  const more = values.length < dims.reduce((a, b) => a * b, 1) ? ', …' : '';
  return `${name} ${listed(dims)}, ${short(low)} … ${short(high)}: ${values.map(short).join(', ')}${more}`;
}
