const { readFileSync } = require('node:fs');
const unrolled = require('unrolled');
const core = require('unrolled/core');
const slim = require('unrolled/slim');
for (const name of ['audio', 'inference', 'io', 'kernels', 'worker']) require(`unrolled/${name}`);
const { train } = require('./train.mjs');

async function main() {
  const bits = await train(unrolled);
  if ((await train(core)) !== bits) throw new Error('core: other bits');
  const wasm = readFileSync(require.resolve('unrolled/simd-core.wasm'));
  if ((await train(slim, { wasm })) !== bits) throw new Error('slim: other bits');
  console.log(bits);
}
main();
