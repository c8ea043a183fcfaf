// What the server serves, and its clients.
import { Adam, init, Linear, LSTM, mse, Sequential, Trainer } from 'unrolled';

const CLIENTS = 50;
const STEPS = 40;
const value = (phase, t) => Math.sin(phase + t / 4);

/** A model that gives the next value of a sine of any phase. */
export async function sineModel() {
  await init({ kernels: 'simd' });
  const model = new Sequential([new LSTM(1, 32), new Linear(32, 1)], { seed: 1 });
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam({ lr: 0.01 }), clipNorm: 1 });
  const [T, B] = [40, 16];
  const at = (ahead) => ({
    data: Float32Array.from({ length: T * B }, (_, i) => value(i % B, Math.floor(i / B) + ahead)),
    shape: [T, B, 1],
  });
  for (let i = 0; i < 200; i++) trainer.step(at(0), at(1));
  return model;
}

/** Has clients send the values of sines, all at the same time; the mean error of the last answers. */
export async function visits(port) {
  const errors = Array.from({ length: CLIENTS }, async (_, k) => {
    let next = 0;
    for (let t = 0; t < STEPS; t++) {
      const answer = await fetch(`http://127.0.0.1:${port}/${k}/${value(k, t).toFixed(6)}`);
      next = Number(await answer.text());
    }
    return Math.abs(next - value(k, STEPS));
  });
  return (await Promise.all(errors)).reduce((a, b) => a + b, 0) / CLIENTS;
}
