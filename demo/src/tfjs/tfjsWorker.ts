import { quantile } from '../../../bench/measure.mjs';
import type { Asked, Backend, Sum, Told } from './protocol.ts';

/** Trains a program of TensorFlow.js, with `install` or without: nothing else differs. */

/** Between messages, in ms. */
const TELL_MS = 100;
const SUMS_MS = 1000;
/** The first steps make weights, and kernels their plans. */
const WARM_UP = 3;
const QUESTIONS = ['7+5', '12+34', '38+47', '50+50', '64+29', '99+1'];

const tell = (told: Told) => postMessage(told);

/** The same numbers in both workers, so that both begin with the same weights and see the same batches. */
function seedRandom(): void {
  let state = 42;
  // mulberry32
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function prepare(backend: Backend, installed: boolean): Promise<void> {
  const tf = await import('@tensorflow/tfjs');
  if (installed) {
    await tf.setBackend('cpu');
    const { install } = await import('unrolled/tfjs');
    await install(tf);
    return;
  }
  if (backend === 'wasm') await (await import('../bench/tfjs.ts')).open();
  else if (!(await tf.setBackend(backend))) throw new Error(`this browser has no ${backend} for a worker`);
  await tf.ready();
}

addEventListener('message', async ({ data }: MessageEvent<Asked>) => {
  try {
    seedRandom();
    await prepare(data.backend, data.install);
    const { answers, train } = await import('./addition.js');
    tell({ kind: 'ready' });
    const times: number[] = [];
    let losses: number[] = [];
    let seconds: number[] = [];
    const start = performance.now();
    let [before, told, asked, spent] = [start, start, start, 0];
    const flush = (now: number) => {
      tell({ kind: 'steps', losses, seconds, ms: quantile(times.slice(WARM_UP), 0.5) });
      [losses, seconds, told] = [[], [], now];
    };
    await train({
      ...{ kind: data.kind, units: data.units, steps: data.steps },
      onStep: (loss, model) => {
        const now = performance.now();
        times.push(now - before);
        losses.push(loss);
        seconds.push((now - start - spent) / 1000);
        if (now - told > TELL_MS && times.length > WARM_UP) flush(now);
        if (now - asked > SUMS_MS) {
          asked = now;
          const found = answers(model, QUESTIONS);
          tell({ kind: 'sums', sums: QUESTIONS.map((question, i): Sum => marked(question, found[i]!)) });
        }
        before = performance.now();
        // answers are no part of the training
        spent += before - now;
      },
    });
    if (losses.length) flush(before);
    tell({ kind: 'end' });
  } catch (error) {
    tell({ kind: 'end', error: error instanceof Error ? error.message : String(error) });
  }
});

function marked(question: string, answer: string): Sum {
  const [a, b] = question.split('+').map(Number);
  return { question, answer, right: answer === String(a! + b!) };
}
