import { init, Linear, LSTM, Sequential } from 'unrolled';
import { AudioModel, BlockStream } from 'unrolled/audio';
import { expect, test } from 'vitest';
import hashes from '../fixtures/hashes.json' with { type: 'json' };
import { expectSame } from '../kernels/closeness.ts';
import { sha256 } from '../model/helpers.ts';
import { generator } from '../reference/random.ts';
import { thorough } from '../thorough.ts';

const RATE = 48_000;
const BLOCK = 128;
const inBrowser = typeof OfflineAudioContext === 'function';

async function model(): Promise<Sequential> {
  await init({ kernels: 'simd' });
  return new Sequential([new LSTM(1, 40), new Linear(40, 1)], { seed: 11 });
}

/** Of what the hash is stored. */
const SECONDS = 10;

/** Noise under a triangle that sweeps upwards, a tenth of it silence. Arithmetic every engine has. */
function signal(seconds: number): Float32Array<ArrayBuffer> {
  const next = generator(3);
  let phase = 0;
  return Float32Array.from({ length: RATE * seconds }, (_, t) => {
    phase = (phase + (1 + (t >> 12)) / 2048) % 1;
    const noise = next() - 0.5;
    return t % RATE < RATE / 10 ? 0 : Math.abs(phase - 0.5) * 2 - 0.5 + noise / 4;
  });
}

/** In this thread, block by block. Gives the seconds it took, too. */
async function inline(input: Float32Array): Promise<[Float32Array<ArrayBuffer>, number]> {
  const blocks = new BlockStream(await model());
  const output = new Float32Array(input.length);
  const start = performance.now();
  for (let t = 0; t < input.length; t += BLOCK) {
    blocks.process([input.subarray(t, t + BLOCK)], [output.subarray(t, t + BLOCK)]);
  }
  return [output, (performance.now() - start) / 1000];
}

/** In an AudioWorklet. */
async function offline(input: Float32Array<ArrayBuffer>): Promise<[Float32Array<ArrayBuffer>, number]> {
  const context = new OfflineAudioContext(1, input.length, RATE);
  const buffer = context.createBuffer(1, input.length, RATE);
  buffer.copyToChannel(input, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const audio = await AudioModel.create(context, await model());
  source.connect(audio.node).connect(context.destination);
  source.start();
  const start = performance.now();
  const rendered = await context.startRendering();
  const seconds = (performance.now() - start) / 1000;
  await audio.ready;
  return [rendered.getChannelData(0), seconds];
}

function tell(where: string, seconds: number, ofSound: number): void {
  const share = ((100 * seconds) / ofSound).toFixed(1);
  console.log(`${where}: LSTM of 40 units at 48 kHz took ${share} % of real time`);
}

/** The hash changes only with the order of some sum in a kernel: then the failure shows the new one. */
test.runIf(thorough || !inBrowser)('ten seconds at 48 kHz give the stored bits, block by block', async () => {
  const [output, seconds] = await inline(signal(SECONDS));
  tell(inBrowser ? 'page' : 'Node', seconds, SECONDS);
  const hash = await sha256(output);
  expect(new Set(output).size).toBeGreaterThan(100_000);
  expect(hash, hash).toBe(hashes.audio);
});

test.runIf(inBrowser)('an AudioWorklet gives the same, to the bit', async () => {
  const length = thorough ? SECONDS : 1;
  const input = signal(length);
  const [output, seconds] = await offline(input);
  tell('AudioWorklet', seconds, length);
  const [expected] = await inline(input);
  expect(new Set(output).size).toBeGreaterThan(10_000);
  expectSame(output, expected, 'samples');
  if (thorough) expect(await sha256(output)).toBe(hashes.audio);
});
