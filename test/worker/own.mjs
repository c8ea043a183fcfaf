// A user's own worker: the trainer's, and functions beside it.
import { expose } from 'unrolled/worker/host';

expose(
  {
    parameterCount: (trainer) => trainer.model.parameterCount,
    add: (_, a, b) => a + b,
    part: () => new Float32Array([1, 2, 3, 4]).subarray(1, 3),
    quantized: async (_, file, tokens) => {
      // only where they are needed: a browser loads many files for them
      const [{ init }, { loadQuantized }] = await Promise.all([import('unrolled'), import('unrolled/quant')]);
      await init({ kernels: 'simd' });
      const model = loadQuantized(file);
      const stream = model.stream();
      const outputs = tokens.map((token) => [...stream.step(token)]);
      model.dispose();
      return outputs;
    },
    later: async (_, value) => value,
    throws: (_, name) => {
      throw name === 'TypeError' ? new TypeError('no type') : Object.assign(new Error('odd'), { name });
    },
    throwsText: () => {
      throw 'text';
    },
    uncloneable: () => () => 1,
    throwsBare: () => {
      throw Object.create(null);
    },
    throwsOdd: () => {
      const odd = { get: () => () => 1 };
      throw Object.defineProperties(new Error('odd'), { name: odd, message: odd, stack: odd });
    },
    gone: () => {
      const array = new Float32Array(2);
      structuredClone(array, { transfer: [array.buffer] });
      return array;
    },
    forever: () => new Promise(() => {}),
    crash: () => {
      setTimeout(() => {
        throw new RangeError('out of luck');
      });
      return new Promise(() => {});
    },
    quit: () => {
      if (globalThis.close) globalThis.close();
      else globalThis.process.exit(3);
      return new Promise(() => {});
    },
  },
  {
    metrics: {
      rows: ({ scale }) => {
        let count = 0;
        return {
          name: 'rows',
          reset: () => {
            count = 0;
          },
          update: (_output, _target, rows) => {
            count += rows.count;
          },
          result: () => scale * count,
        };
      },
    },
  },
);
