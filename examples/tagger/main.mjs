// A bidirectional LSTM tags the names of persons and places in sentences.
import { AdamW, crossEntropy, Embedding, init, Linear, LSTM, Sequential, Trainer } from 'unrolled';
import { argmax, WordVocabulary } from 'unrolled/data';
import { byWords, sentences, TAGS } from './sentences.mjs';

await init({ kernels: 'simd' });
const [known, unseen] = [sentences(2000, 1), sentences(500, 2)];
const vocabulary = WordVocabulary.of(known.map(({ words }) => words));
const examples = (list) => list.map(({ words, tags }) => ({ x: vocabulary.encode(words), y: tags }));

const layers = [
  new Embedding(vocabulary.size, 16),
  new LSTM(16, 16, { bidirectional: true }),
  new Linear(32, 3),
];
const model = new Sequential(layers, { seed: 1 });
const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: 1e-2 }) });
await trainer.fit(examples(known), { epochs: 3, batchSize: 32 });

const { metrics } = await trainer.validate(examples(unseen), { batchSize: 100, metrics: ['accuracy'] });
console.log(`${(100 * metrics.accuracy).toFixed(1)} % of the words of unseen sentences have the right tag`);
console.log(`${(100 * byWords(known, unseen)).toFixed(1)} % by the most frequent tag of each word`);
for (const { words } of unseen.slice(0, 5)) {
  const tags = argmax(model.forward(vocabulary.encode(words))).data;
  const tagged = words.split(' ').map((word, i) => (tags[i] ? `${word}/${TAGS[tags[i]]}` : word));
  console.log(tagged.join(' '));
}
