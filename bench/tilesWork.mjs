// What bench/tiles.mjs measures, in Node and in a page: one engine with one of its ways to choose tiles.

/** @param {'default' | 'revectorize' | 'untried'} mode */
export async function open(mode, kernels) {
  const timer = globalThis.setTimeout;
  // without timers, as in worklets, no tiles are tried
  if (mode === 'untried') globalThis.setTimeout = undefined;
  const u = await import('../dist/index.js');
  const parts = { ...(await import('../dist/kernels/index.js')), ...(await import('../dist/onnx/index.js')) };
  Object.assign(parts, await import('../dist/onnxWriter/index.js'), await import('../dist/tfjs/index.js'));
  globalThis.setTimeout = timer;
  const { revectorized } = await u.init({
    kernels,
    ...(mode === 'revectorize' ? { revectorize: true } : {}),
  });
  const calls = new Map();
  const call = async (name) => {
    if (!calls.has(name)) calls.set(name, await make(name, u, parts));
    return calls.get(name);
  };
  /** The fastest call of some ms of them, in ms. */
  const burst = async (name, ms) => {
    const run = await call(name);
    let best = Infinity;
    for (const end = performance.now() + ms; performance.now() < end; ) {
      const start = performance.now();
      run();
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  return { revectorized, burst };
}

/** T64 B32 of recurrent layers (128, 256). */
const SHAPE = [64, 32, 128];
const H = 256;

const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i));

/** Gives a call. */
async function make(name, u, { Arena, gemmWork, sgemm, loadOnnx, saveOnnx, install }) {
  const x = { data: numbers(64 * 32 * 128), shape: SHAPE };
  if (name in u) {
    const layer = new u[name](128, H);
    return () => layer.forward(x);
  }
  if (name === 'ONNX LSTM') {
    const session = await loadOnnx(saveOnnx(new u.Sequential([new u.LSTM(128, H)])));
    const feeds = { [session.inputs[0].name]: x };
    const again = { outputs: session.run(feeds) };
    return () => session.run(feeds, again);
  }
  if (name.startsWith('TF.js')) return ofTensorFlow(name, install);
  const n = Number(name.slice(5));
  const arena = new Arena(12 * n * n + gemmWork(n, n, n) + 1024);
  const [a, b] = [arena.put(numbers(n * n)), arena.put(numbers(n * n))];
  const c = arena.take(n * n);
  return () => sgemm(arena, 'n', 'n', n, n, n, a, n, b, n, 0, c, n);
}

async function ofTensorFlow(name, install) {
  const tf = await tensorFlow();
  if (tf.getBackend() !== 'unrolled') {
    await tf.setBackend('cpu');
    await install(tf);
  }
  if (name === 'TF.js matMul512') {
    const [a, b] = [0, 1].map(() => tf.tensor(numbers(512 * 512), [512, 512]));
    return () => tf.tidy(() => tf.matMul(a, b));
  }
  const layer = tf.layers.lstm({ units: H, returnSequences: true, recurrentActivation: 'sigmoid' });
  const x = tf.tensor(numbers(64 * 32 * 128), [32, 64, 128]);
  return () => tf.tidy(() => layer.apply(x));
}

/** A page loads one file, which sets a global. */
async function tensorFlow() {
  const module = await import(globalThis.document ? '@tensorflow/tfjs/dist/tf.min.js' : '@tensorflow/tfjs');
  return globalThis.tf ?? module;
}
