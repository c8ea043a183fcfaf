import book from 'virtual:opening';
import { init, Sequential, type Trainer } from 'unrolled';
import { encode, LETTERS, plain } from './letters.js';
import lstm from './lstm.safetensors?url';
import { LINE, linesOf, NAMES, reachOf, sample, trainerOf, update } from './networks.js';
import { type Ask, LENGTH, type Look, type Name, type Told } from './protocol.ts';
import rnn from './rnn.safetensors?url';

/** Two networks that go on learning, and what they do with some letters. */

/** Letters that are shown: a line without the dot that ends it. */
const SHOWN = LINE - 1;
/** Updates at once, and the pause after them in ms: a quarter of one core or less. */
const AT_ONCE = 2;
const PAUSE_MS = 90;
/** Between two looks, in ms. */
const LOOK_MS = 4500;
/** The update that the files are of. */
const BEGUN = 1000;
/** A person's text is repeated until it has this many letters. */
const LEAST = 400;
/** Part of a new loss in the mean. */
const NEW = 0.05;

interface Network {
  readonly model: Sequential;
  readonly trainer: Trainer;
  readonly reach: ReturnType<typeof reachOf>;
  loss: number | undefined;
}

const tell = (told: Told) => postMessage(told);
const files: Record<Name, string> = { RNN: rnn, LSTM: lstm };
const networks = {} as Record<Name, Network>;
let text = new Int32Array();
/** Of the text: 1, where it has no lines. */
let line = LINE;
let step = BEGUN;
/** Updates since the text is another. */
let since = 0;
let resting = false;
let looked = Number.NEGATIVE_INFINITY;

addEventListener('message', ({ data }: MessageEvent<Ask>) => {
  if (data.kind !== 'learn') resting = data.kind === 'rest';
  else learn(data.text);
});

function learn(given: string): void {
  const own = plain(given).trim();
  line = own ? 1 : LINE;
  const repeated = own && `${own} `.repeat(Math.ceil(LEAST / (own.length + 1)));
  text = encode(own ? repeated : linesOf(plain(book)));
  since = 0;
  looked = Number.NEGATIVE_INFINITY;
}

async function start(): Promise<void> {
  await init({ kernels: 'simd' });
  for (const name of NAMES) {
    const bytes = new Uint8Array(await (await fetch(files[name])).arrayBuffer());
    const model = Sequential.load(bytes);
    networks[name] = { model, trainer: trainerOf(name, model), reach: reachOf(name), loss: undefined };
  }
  learn('');
  for (;;) {
    if (!resting) work();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function work(): void {
  for (let i = 0; i < AT_ONCE; i++) {
    step++;
    since++;
    for (const name of NAMES) {
      const network = networks[name];
      const loss = update(network.trainer, text, step, line);
      network.loss = network.loss === undefined ? loss : network.loss + NEW * (loss - network.loss);
    }
    if (isRound(line === 1 ? since : step)) write();
  }
  if (performance.now() - looked < LOOK_MS) return;
  looked = performance.now();
  const at = (line * Math.floor((step * 7919) / line)) % (text.length - SHOWN - 1);
  const from = line === 1 ? at : at - (at % line);
  const x = text.slice(from, from + SHOWN);
  const y = text.slice(from + 1, from + SHOWN + 1);
  const said = (tokens: Int32Array) => Array.from(tokens, (token) => LETTERS[token]).join('');
  const looks = Object.fromEntries(NAMES.map((name) => [name, look(networks[name], x, y)]));
  tell({
    ...{ kind: 'looks', step, letters: said(x), next: said(y) },
    networks: looks as Record<Name, Look>,
  });
}

/** 1, 3, 10, 30, 100, … */
const isRound = (n: number) => /^[13]0+$/.test(String(n));

function write(): void {
  const prompt = line === 1 ? text.slice(0, SHOWN) : encode('k ');
  const of = (name: Name) => sample(networks[name].model, prompt, LENGTH, step);
  tell({ kind: 'sample', sample: { step: line === 1 ? since : step, RNN: of('RNN'), LSTM: of('LSTM') } });
}

function look({ model, loss, reach }: Network, x: Int32Array, y: Int32Array): Look {
  const found = reach.of(model, x, y);
  const guesses = Array.from(x, (_, t) => {
    const shares = found.shares.subarray(t * LETTERS.length, (t + 1) * LETTERS.length);
    const share = Math.max(...shares);
    return { letter: LETTERS[shares.indexOf(share)]!, share };
  });
  const units = Int8Array.from(found.h, (value) => Math.round(127 * value));
  return { loss: loss ?? Number.NaN, guesses, units, reach: found.reach };
}

start().catch((error: unknown) =>
  tell({ kind: 'failed', error: error instanceof Error ? error.message : String(error) }),
);
