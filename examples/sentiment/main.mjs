// An LSTM reads reviews of different lengths and tells the good from the bad.
import { AdamW, crossEntropy, Embedding, init, LastStep, Linear, LSTM, Sequential, Trainer } from 'unrolled';
import { argmax, WordVocabulary } from 'unrolled/data';
import { byWords, reviews } from './reviews.mjs';

await init({ kernels: 'simd' });
const [known, unseen] = [reviews(3000, 1), reviews(1000, 2)];
const vocabulary = WordVocabulary.of(known.map(({ text }) => text));
const examples = (list) => list.map(({ text, good }) => ({ x: vocabulary.encode(text), y: good }));

const layers = [new Embedding(vocabulary.size, 16), new LSTM(16, 32), new LastStep(), new Linear(32, 2)];
const model = new Sequential(layers, { seed: 1 });
const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: 5e-3 }), clipNorm: 1 });
await trainer.fit(examples(known), { epochs: 4, batchSize: 32 });

const { metrics } = await trainer.validate(examples(unseen), { batchSize: 100, metrics: ['accuracy'] });
console.log(`${(100 * metrics.accuracy).toFixed(1)} % of ${unseen.length} unseen reviews are right`);
console.log(`${(100 * byWords(unseen)).toFixed(1)} % by counting good and bad words`);
for (const { text } of unseen.slice(0, 5)) {
  const [good] = argmax(model.forward(vocabulary.encode(text))).data;
  console.log(good ? 'good:' : 'bad: ', text);
}
