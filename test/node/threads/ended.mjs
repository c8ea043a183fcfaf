// Threads end in the middle of a forward pass, of a step of a stream, and of the calls of a training step whose numbers are
// given; writes what came of it, and what one thread gives.
import { threadPool } from '../../../dist/wasm/threads/withThreads.js';
import { comeLate, end, inTheCall, team, u, untilJoined, values, workers } from './pools.mjs';

const [T, B, I, H] = [4, 3, 5, 24];
const endAll = () => {
  for (const worker of [...workers]) end(worker, true);
};
const hex = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
const x = values(1, T, B, I);
const y = values(2, T, B, 2);

function made() {
  const model = new u.Sequential([new u.LSTM(I, H), new u.GRU(H, H), new u.Linear(H, 2)], { seed: 4 });
  return new u.Trainer(model, { loss: 'mse', optimizer: { name: 'adamw', lr: 1e-2 } });
}

/** What a call gives, or the error's name and message. */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

async function forward() {
  const { model } = made();
  const once = () => hex(model.forward(x).data);
  const joined = await untilJoined(2, once);
  inTheCall(0, endAll);
  return { joined, got: once(), again: once(), team };
}

async function stream() {
  const { model } = made();
  const one = model.stream();
  const step = (i) => hex(one.step(values(i, I).data));
  const joined = await untilJoined(2, () => model.stream().step(values(0, I).data));
  const got = [step(0), step(1)];
  inTheCall(0, endAll);
  got.push(step(2), step(3));
  return { joined, got };
}

/** A thread ends in a call of a step: 0 to 2 forward, 3 to 5 backward. The step is made again if it was refused. */
async function train(call) {
  const trainer = made();
  const joined = await untilJoined(2, () => trainer.evaluate(x, y));
  const losses = [trainer.step(x, y).loss];
  const before = hex(trainer.model.save());
  inTheCall(call, endAll);
  const second = attempt(() => trainer.step(x, y).loss);
  inTheCall(0, undefined);
  const refused = typeof second === 'string';
  const unchanged = refused && before === hex(trainer.model.save());
  losses.push(refused ? trainer.step(x, y).loss : second, trainer.step(x, y).loss);
  // it takes part again
  await u.init({ kernels: 'simd', threads: u.runtimeInfo().threads });
  const rejoined = await untilJoined(2, () => trainer.evaluate(x, y));
  return {
    joined,
    rejoined,
    losses,
    weights: hex(trainer.model.save()),
    refused: refused && second,
    unchanged,
  };
}

/** The others come late to a kernel that can't be run again. */
async function late() {
  threadPool()?.end();
  comeLate({ kernel: 'lstm_backward', ms: 2500 });
  await u.init({ kernels: 'simd', threads: u.runtimeInfo().threads ?? 1 });
  comeLate(undefined);
  const trainer = made();
  const joined = await untilJoined(2, () => trainer.evaluate(x, y));
  const before = [...workers];
  const losses = [1, 2, 3].map(() => attempt(() => trainer.step(x, y).loss));
  const same = before.every((worker) => workers.has(worker));
  return { joined, losses, weights: hex(trainer.model.save()), same };
}

const results = {};
for (const threads of [1, 3]) {
  await u.init({ kernels: 'simd', threads });
  const result = (results[threads] = { forward: await forward(), stream: await stream(), train: {} });
  for (const call of process.argv.slice(2).map(Number)) {
    // after some losses none are started unless they are asked for
    await u.init({ kernels: 'simd', threads });
    result.train[call] = await train(call);
  }
  result.late = await late();
}
process.stdout.write(JSON.stringify(results));
