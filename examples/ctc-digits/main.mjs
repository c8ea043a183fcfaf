// A bidirectional LSTM learns to read strips of digits without being told where each digit is.
import { AdamW, ctc, ctcGreedy, init, Linear, LSTM, Sequential, Trainer } from 'unrolled';
import { draw, strips } from './strips.mjs';

await init({ kernels: 'simd' });
const [known, unseen] = [strips(2000, 1), strips(300, 2)];
const examples = known.map(({ image, digits }) => ({
  x: image,
  y: Array.from(digits, (digit) => Number(digit) + 1), // class 0 is the blank
}));

const model = new Sequential([new LSTM(7, 48, { bidirectional: true }), new Linear(96, 11)], { seed: 1 });
const trainer = new Trainer(model, { loss: ctc(), optimizer: new AdamW({ lr: 5e-3 }), clipNorm: 1 });
await trainer.fit(examples, { epochs: 6, batchSize: 20 });

const read = ({ image: { data, shape } }) => {
  const [labels] = ctcGreedy(model.forward({ data, shape: [shape[0], 1, shape[1]] }));
  return Array.from(labels, (label) => label - 1).join('');
};
for (const strip of unseen.slice(0, 2)) console.log(`${draw(strip)}\n→ ${read(strip)}\n`);
const wrong = unseen.filter((strip) => read(strip) !== strip.digits).length;
console.log(
  `${((100 * wrong) / unseen.length).toFixed(1)} % of ${unseen.length} unseen strips have an error`,
);
