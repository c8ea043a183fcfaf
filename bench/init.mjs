// How long models take to load and parameters to be initialised, of this build and another one side by side:
//   node bench/init.mjs [FOLDER of the other build, which has dist/]
// CPU time of this process, the least of some rounds that take turns. Run it on a quiet machine.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROUNDS = 9;
const here = join(import.meta.dirname, '..');
const folders = { this: here, ...(process.argv[2] ? { other: process.argv[2] } : {}) };

/** By build, what it exports. */
const builds = {};
for (const [name, folder] of Object.entries(folders)) {
  const build = await import(pathToFileURL(join(folder, 'dist/index.js')).href);
  await build.init({ kernels: 'simd' });
  builds[name] = build;
}

function milliseconds(call) {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** By build, the least time of `make(build)()` in ms. */
function compare(make) {
  const least = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, build] of Object.entries(builds)) {
      const time = milliseconds(make(build));
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, time);
    }
  }
  return least;
}

function print(what, least, unit = (ms) => `${ms.toFixed(1)} ms`) {
  const { this: mine, other } = least;
  const ratio = other ? `, the other build ${unit(other)}: ratio ${(mine / other).toFixed(2)}` : '';
  console.log(`${what}: ${unit(mine)}${ratio}`);
}

const layers = ({ Embedding, LSTM, Linear }) => [
  new Embedding(10_000, 128),
  new LSTM(128, 256),
  new Linear(256, 10_000),
];
// a file of each build, since files of a later version are refused
const files = {};
for (const [name, build] of Object.entries(builds)) files[name] = new build.Sequential(layers(build)).save();
const nameOf = (build) => Object.keys(builds).find((name) => builds[name] === build);

print(
  'Sequential.load of Embedding 10000x128, LSTM 256, Linear 10000',
  compare((build) => () => build.Sequential.load(files[nameOf(build)]).dispose()),
);
print(
  'new Sequential of the same',
  compare((build) => () => new build.Sequential(layers(build)).dispose()),
);

const shape = [1000, 1000];
for (const [name, make] of Object.entries({
  uniform: ({ uniform }) => uniform(0.1),
  'uniform of two bounds': ({ uniform }) => uniform(-0.1, 0.2),
  normal: ({ normal }) => normal(),
  glorot: ({ glorot }) => glorot(),
  constant: ({ constant }) => constant(1),
  'orthogonal (256 x 256)': ({ orthogonal }) => orthogonal(),
})) {
  const size = name.startsWith('orthogonal') ? [256, 256] : shape;
  const least = compare((build) => {
    const init = make(build);
    const generator = new build.Generator(1);
    return () => init(size, generator);
  });
  print(name, least, (ms) => `${((ms * 1e6) / (size[0] * size[1])).toFixed(1)} ns per parameter`);
}
