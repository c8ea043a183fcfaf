/**
 * Every engine once. `module`: its file in this folder, whose `open(options)` gives
 * { versions, prepare(case), probe? }, or throws why it can't be had here. `prepare` gives a handle, or null for a
 * case it can't do:
 *   run()       one run; a promise where it is asynchronous
 *   output()    what that gave, as cases.mjs says
 *   expected    what it must give, where that is not what ours gives
 *   dispose()   optional
 * A handle that runs elsewhere has `check(runs)` and `burst(ms, sample)` of its own instead (measure.mjs).
 */

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {string} module
 * @property {boolean} [ours]
 * @property {object} [options]
 * @property {string[]} [flags] of its Node
 */

const BUILDS = ['simd', 'relaxed'];

/** Ours, as this Node can run them, the one that the others are compared with first. */
export function ours({ revectorize, chromium, relaxed }) {
  const builds = BUILDS.filter((kernels) => kernels === 'simd' || relaxed).reverse();
  const node = builds.flatMap((kernels) => [
    { name: `unrolled-${kernels}`, module: 'unrolled', ours: true, options: { kernels } },
    ...(revectorize
      ? [
          {
            name: `unrolled-${kernels}-revec`,
            module: 'unrolled',
            ours: true,
            options: { kernels, revectorize: true },
          },
        ]
      : []),
  ]);
  if (!chromium) return node;
  const page = ['relaxed', 'simd'].flatMap((kernels) =>
    [false, ...(revectorize ? [true] : [])].map((revec) => ({
      name: `unrolled-${kernels}${revec ? '-revec' : ''}-chromium`,
      module: 'chromium',
      ours: true,
      options: { kernels, revectorize: revec },
    })),
  );
  return [...node, ...page];
}

const PEERS = [
  'tfjs-unrolled',
  'tfjs-wasm',
  'tfjs-cpu',
  'ort-web',
  'ort-node',
  'jax-js',
  'numpy-ts',
  'nam-wasm',
  'litert',
  'brain-js',
  'torch',
];

/** @type {readonly Engine[]} */
export const peers = PEERS.map((name) => ({ name, module: name }));
