import { BlockStream } from 'unrolled/audio';
import { init, Sequential } from 'unrolled/inference';
import { quantile } from '../../../bench/measure.mjs';
import amp from './amp.safetensors?url';
import { riff } from './guitar.js';
import { type Asked, BLOCK, type Rendered, type Told } from './protocol.ts';

/** Runs the amplifier over the sample, block by block as the audio thread does, and measures the time of a block. */

/** Blocks that are timed at once: clocks of a page count in steps of 0.1 ms. */
const AT_ONCE = 64;

let model: Promise<Sequential> | undefined;

async function load(): Promise<Sequential> {
  await init({ kernels: 'simd' });
  return Sequential.load(await (await fetch(amp)).arrayBuffer());
}

async function render({ rate, drive }: Asked): Promise<Rendered> {
  model ??= load();
  using blocks = new BlockStream(await model);
  const before = riff(rate);
  const after = new Float32Array(before.length);
  const knob = new Float32Array(BLOCK).fill(drive);
  const times: number[] = [];
  // once round first: the sample is repeated, and its end sounds into its beginning
  for (let round = 0; round < 2; round++) {
    let [began, count] = [performance.now(), 0];
    for (let t = 0; t < before.length; t += BLOCK) {
      blocks.process([before.subarray(t, t + BLOCK), knob], [after.subarray(t, t + BLOCK)]);
      if (++count < AT_ONCE) continue;
      const now = performance.now();
      times.push((1000 * (now - began)) / count);
      [began, count] = [now, 0];
    }
  }
  return { before, after, us: quantile(times, 0.5) };
}

addEventListener('message', async ({ data }: MessageEvent<Asked>) => {
  try {
    const told: Told = { kind: 'rendered', drive: data.drive, ...(await render(data)) };
    postMessage(told, { transfer: [told.before.buffer, told.after.buffer] });
  } catch (error) {
    postMessage({ kind: 'failed', error: (error as Error).message } satisfies Told);
  }
});
