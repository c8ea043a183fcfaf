import { Generator, Sequential, type Trainer } from 'unrolled';
import { layersOf, type Shape } from './model.ts';

export interface WriteOptions {
  readonly prompt: Int32Array;
  readonly length: number;
  readonly temperature: number;
  readonly seed: number;
  /** The trainer's model: with it, activations are told too. */
  readonly shape?: Shape;
}

/** What a model wrote, and how it came to it. */
export interface Written {
  readonly tokens: Int32Array<ArrayBuffer>;
  /** softmax of each. */
  readonly confidence: Float32Array<ArrayBuffer>;
  /** h of the last recurrent layer from which each was drawn, [length, hidden], −1..1 as −127..127; MinGRU's are cut there. */
  readonly activations: Int8Array<ArrayBuffer>;
}

/** Models without their heads, by the trainer whose weights they show. */
const headless = new WeakMap<Trainer, Sequential>();

/** Writes with the weights that the trainer has now. */
export function write(trainer: Trainer, options: WriteOptions): Written {
  const { prompt, length, temperature, seed, shape } = options;
  const generator = new Generator(seed);
  using stream = trainer.model.stream();
  using states = shape && bodyOf(trainer, shape).stream();
  let h: Float32Array | undefined;
  for (const token of prompt) {
    stream.step(token);
    h = states?.step(token);
  }
  const tokens = new Int32Array(length);
  const confidence = new Float32Array(length);
  const activations = new Int8Array(shape ? length * shape.hidden : 0);
  for (let i = 0; i < length; i++) {
    const token = stream.sample(generator, temperature);
    tokens[i] = token;
    confidence[i] = stream.probabilities()[token]!;
    if (h)
      activations.set(
        Int8Array.from(h, (value) => Math.round(127 * Math.max(-1, Math.min(1, value)))),
        i * h.length,
      );
    stream.step(token);
    h = states?.step(token);
  }
  return { tokens, confidence, activations };
}

function bodyOf(trainer: Trainer, shape: Shape): Sequential {
  let body = headless.get(trainer);
  if (!body) {
    body = new Sequential(layersOf(shape, false));
    headless.set(trainer, body);
  }
  const own = Object.keys(body.stateDict());
  const all = trainer.model.stateDict();
  body.loadStateDict(Object.fromEntries(own.map((name) => [name, all[name]!])));
  return body;
}
