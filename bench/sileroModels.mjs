import { speech } from './speech.mjs';

const FRAME = 512;
const RATE = 16_000n;

/** Silero's models in @ricky0123/vad-web; v5 and v6 are given the last 64 samples before the new ones. */
export const MODELS = [
  { file: 'silero_vad_legacy.onnx', context: 0, states: { hn: 'h', cn: 'c' }, shape: [2, 1, 64] },
  { file: 'silero_vad_v5.onnx', context: 64, states: { stateN: 'state' }, shape: [2, 1, 128] },
  { file: 'silero_vad_v6.onnx', context: 64, states: { stateN: 'state' }, shape: [2, 1, 128] },
];

/** What a call is given: frames of 512 new samples with the samples before them. The array is overwritten. */
export function* frames(context, calls, audio = speech(calls * FRAME)) {
  const x = new Float32Array(context + FRAME);
  for (let i = 0; i < calls; i++) {
    x.copyWithin(0, FRAME);
    const at = (i * FRAME) % (audio.length - FRAME);
    x.set(audio.subarray(at, at + FRAME), context);
    yield x;
  }
}

/** A model in ONNX Runtime: what gives the probability of a frame. */
export async function runtimeOf(runtime, model, { states, shape }) {
  const session = await runtime.InferenceSession.create(model);
  const tensor = (data, dims) => new runtime.Tensor('float32', data, dims);
  const size = shape.reduce((a, b) => a * b, 1);
  const feeds = Object.fromEntries(
    Object.values(states).map((input) => [input, tensor(new Float32Array(size), shape)]),
  );
  feeds.sr = new runtime.Tensor('int64', BigInt64Array.of(RATE), []);
  return async (x) => {
    feeds.input = tensor(x.slice(), [1, x.length]);
    const results = await session.run(feeds);
    for (const [output, input] of Object.entries(states)) feeds[input] = results[output];
    return results.output.data[0];
  };
}
