// An encoder-decoder with attention rewrites dates as YYYY-MM-DD.
import {
  AdamW,
  Attention,
  beamSearch,
  Concat,
  crossEntropy,
  Embedding,
  init,
  input,
  Linear,
  LSTM,
  Model,
  Trainer,
} from 'unrolled';
import { CharacterVocabulary } from 'unrolled/data';
import { dates } from './dates.mjs';

await init({ kernels: 'simd' });
const [known, unseen] = dates({ known: 3800, unseen: 200, seed: 1 });
const letters = new CharacterVocabulary(known.map(({ text }) => text).join(''));
const digits = new CharacterVocabulary('>-0123456789'); // > stands before the first digit

const [source, target] = [input({ indices: letters.size }), input({ indices: digits.size })];
const { output, hN, cN } = new LSTM(32, 64).apply(new Embedding(letters.size, 32).apply(source));
const decoder = new LSTM(32, 64).apply(new Embedding(digits.size, 32).apply(target), { h0: hN, c0: cN });
const context = new Attention().apply(decoder.output, output);
const joined = new Linear(128, 64, { activation: 'tanh' }).apply(new Concat().apply(decoder.output, context));
const next = new Linear(64, digits.size).apply(joined);
const model = new Model({ inputs: { source, target }, outputs: next }, { seed: 1 });

const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: 4e-3 }), clipNorm: 1 });
const examples = known.map(({ text, iso }) => ({
  x: { source: letters.encode(text), target: digits.encode(`>${iso.slice(0, -1)}`) },
  y: digits.encode(iso),
}));
await trainer.fit(examples, { batchSize: 64 });

const convert = (text) => {
  const given = { source: letters.encode(text) };
  const [best] = beamSearch(model, { given, start: digits.encode('>'), length: 10, beams: 1 });
  return digits.decode(best.indices);
};
for (const { text } of unseen.slice(0, 13)) console.log(text.padEnd(12), '→', convert(text));
const exact = unseen.filter(({ text, iso }) => convert(text) === iso).length / unseen.length;
console.log(`${(100 * exact).toFixed(1)} % of ${unseen.length} unseen dates are exact`);
