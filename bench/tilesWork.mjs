// What bench/tiles.mjs measures, in Node and in a page: one engine with one of its ways to choose tiles.

/** @param {'default' | 'revectorize' | 'untried'} mode */
export async function open(mode, kernels) {
  const timer = globalThis.setTimeout;
  // without timers, as in worklets, no tiles are tried
  if (mode === 'untried') globalThis.setTimeout = undefined;
  const u = await import('../dist/index.js');
  const k = await import('../dist/kernels/index.js');
  globalThis.setTimeout = timer;
  const { revectorized } = await u.init({
    kernels,
    ...(mode === 'revectorize' ? { revectorize: true } : {}),
  });
  const calls = new Map();
  const call = (name) => {
    if (!calls.has(name)) calls.set(name, make(name, u, k));
    return calls.get(name);
  };
  /** The fastest call of some ms of them, in ms. */
  const burst = (name, ms) => {
    const run = call(name);
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

function make(name, u, { Arena, gemmWork, sgemm }) {
  const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i));
  if (!name.startsWith('sgemm')) {
    const layer = new u[name](128, 256);
    const x = { data: numbers(64 * 32 * 128), shape: [64, 32, 128] };
    return () => layer.forward(x);
  }
  const n = Number(name.slice(5));
  const arena = new Arena(12 * n * n + gemmWork(n, n, n) + 1024);
  const [a, b] = [arena.put(numbers(n * n)), arena.put(numbers(n * n))];
  const c = arena.take(n * n);
  return () => sgemm(arena, 'n', 'n', n, n, n, a, n, b, n, 0, c, n);
}
