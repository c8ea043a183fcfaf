/** jax-js on its wasm device: products. */
import { createRequire } from 'node:module';
import { data } from '../cases.mjs';

export async function open() {
  // without shared memory it runs on one thread
  globalThis.SharedArrayBuffer = undefined;
  const { blockUntilReady, defaultDevice, init, numpy: np } = await import('@jax-js/jax');
  const devices = await init('wasm');
  if (!devices.includes('wasm')) throw new Error('no wasm device');
  defaultDevice('wasm');
  const array = ({ data, shape }) => np.array(data, { shape });
  return {
    versions: { 'jax-js': packageVersion() },
    prepare: (c) => {
      if (c.kind !== 'matmul') return null;
      const given = data(c);
      const a = array(given.a);
      const b = array(given.b);
      let y;
      return {
        run: async () => {
          y?.dispose();
          y = np.matmul(a.ref, b.ref);
          await blockUntilReady(y);
        },
        output: async () => Float32Array.from(await y.ref.data()),
      };
    },
  };
}

function packageVersion() {
  const path = createRequire(import.meta.url).resolve('@jax-js/jax');
  const folder = path.slice(0, path.lastIndexOf('@jax-js') + '@jax-js/jax'.length);
  return createRequire(import.meta.url)(`${folder}/package.json`).version;
}
