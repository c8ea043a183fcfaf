// node bench/goals.mjs FILE.json: the table "Goals and results" of docs/benchmarks.md from what `npm run bench -- --revectorize
// --json FILE.json` wrote. Ratios are times of others divided by ours, in that run.
import { readFileSync } from 'node:fs';
import { digits } from './show.mjs';

const { rows } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ENGINES = ['unrolled-relaxed', 'unrolled-relaxed-revec'];
const CELLS = ['rnn', 'lstm', 'gru'];
const BATCHES = ['T64 B32 I64 H128', 'T64 B32 I128 H256', 'T64 B64 I256 H512'];
const STEPS = ['T1 B1 I1 H40', 'T1 B1 I64 H128', 'T1 B1 I128 H256'];
const ONE_ROW = ['T100 B1 I64 H64', 'T100 B1 I128 H256'];

const find = (work, shape, engine) =>
  rows.find((row) => row.work === work && row.engine === engine && shapeOf(row) === shape);
const shapeOf = (row) =>
  Object.entries(row.shape)
    .map(([name, value]) => `${name}${value}`)
    .join(' ');

/** Their time, the fastest of several, divided by ours; undefined where none was timed. */
function ratio(work, shape, ours, theirs) {
  const own = find(work, shape, ours);
  const times = theirs.map((name) => find(work, shape, name)?.us).filter((us) => us !== undefined);
  return own && times.length ? Math.min(...times) / own.us : undefined;
}

function range(values) {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length === 0) return '–';
  const [low, high] = [digits(known[0]), digits(known.at(-1))];
  return low === high ? low : `${low} to ${high}`;
}

const one = (value) => (value === undefined ? '–' : digits(value));
const peak = (work, shape, engine) => find(work, shape, engine)?.percent / 100;

/** Title, what is compared by engine, its aims. */
const LINES = [
  [
    'sgemm n = 256, 512, 1024, of the peak',
    (engine) => [256, 512, 1024].map((n) => one(peak('matmul', `M${n} N${n} K${n}`, engine))).join(', '),
    ['0.93', '1.5'],
  ],
  ...CELLS.map((cell) => [
    `${cell.toUpperCase()} forward, batch ≥ 32, against ORT-web`,
    (engine) => range(BATCHES.map((shape) => ratio(`${cell}-forward`, shape, engine, ['ort-web']))),
    ['2.0', '3.0'],
  ]),
  ...CELLS.map((cell) => [
    `${cell.toUpperCase()} forward, T100 B1, against ORT-web`,
    (engine) => range(ONE_ROW.map((shape) => ratio(`${cell}-forward`, shape, engine, ['ort-web']))),
    ['1.3', '1.7'],
  ]),
  ...STEPS.flatMap((shape, i) =>
    CELLS.map((cell) => [
      `${cell.toUpperCase()}, one step, ${shape.split(' ').at(-1)}, against ORT-web, ORT-node, PyTorch`,
      (engine) =>
        ['ort-web', 'ort-node', 'torch']
          .map((peer) => one(ratio(`${cell}-step`, shape, engine, [peer])))
          .join(', '),
      i < 2 ? ['4, 2, 8', '4, 2, 8'] : ['2.5, 1.2, 3', '3, 1.5, 4'],
    ]),
  ),
  [
    'training against the faster tfjs backend, batch ≥ 32',
    (engine) => range(trainings(BATCHES, engine)),
    ['20', '30'],
  ],
  ...ONE_ROW.map((shape, i) => [
    `training against the faster tfjs backend, ${shape}`,
    (engine) => range(trainings([shape], engine)),
    i ? ['40', '50'] : ['80', '90'],
  ]),
  ...[...BATCHES, ...ONE_ROW].map((shape, i) => [
    `training against PyTorch, LSTM; GRU; RNN: ${shape}`,
    (engine) =>
      ['lstm', 'gru', 'rnn'].map((cell) => one(ratio(`${cell}-train`, shape, engine, ['torch']))).join('; '),
    [
      ['0.5; 0.75; 1.0', '0.8; 1.1; 1.4'],
      ['0.5; 0.75; 1.0', '0.8; 1.1; 1.4'],
      ['0.5', '0.8'],
      ['0.9; 4; 4', '1.1; 5; 5'],
      ['0.9; 4; 4', '1.1; 5; 5'],
    ][i],
  ]),
  [
    'a training step of a whole layer, batch ≥ 32, of the peak',
    (engine) => range(CELLS.flatMap((cell) => BATCHES.map((shape) => peak(`${cell}-train`, shape, engine)))),
    ['0.8', '1.2'],
  ],
  [
    '`vanishing` over its normal row: RNN, LSTM, GRU',
    (engine) =>
      CELLS.map((cell) => {
        const [own, normal] = ['vanishing', 'train'].map((kind) =>
          find(`${cell}-${kind}`, 'T200 B8 I64 H64', engine),
        );
        return own && normal ? digits(own.us / normal.us) : '–';
      }).join(', '),
    ['≤ 1.1', '≤ 1.1'],
  ],
];

function trainings(shapes, engine) {
  return CELLS.flatMap((cell) =>
    shapes.map((shape) => ratio(`${cell}-train`, shape, engine, ['tfjs-wasm', 'tfjs-cpu'])),
  );
}

console.log('| | `relaxed` | aim | `-revec` | aim |\n|---|---|---|---|---|');
for (const [title, values, aims] of LINES) {
  const [plain, wide] = ENGINES.map(values);
  console.log(`| ${title} | ${plain} | ${aims[0]} | ${wide} | ${aims[1]} |`);
}
