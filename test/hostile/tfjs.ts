import { load, read } from '../keras/atOnce.ts';
import type { Broken, HostileFormat } from './format.ts';
import { manyValues } from './json.ts';
import { drawing, type Given, utf8 } from './mutate.ts';

interface Weight {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}
interface Parts {
  topology: {
    class_name: string;
    config: { layers: { class_name: string; config: Record<string, unknown> }[] };
  };
  manifest: { paths: string[]; weights: Weight[] }[];
}

/** An LSTM of 3 features and 4 units, and a Dense of 2, in two shards. */
function parts(): Parts {
  const weight = (name: string, ...shape: number[]): Weight => ({ name, shape, dtype: 'float32' });
  const lstm = { name: 'lstm', units: 4, batch_input_shape: [null, 5, 3] };
  return {
    topology: {
      class_name: 'Sequential',
      config: {
        layers: [
          { class_name: 'LSTM', config: lstm },
          { class_name: 'Dense', config: { name: 'dense', units: 2 } },
        ],
      },
    },
    manifest: [
      {
        paths: ['a.bin', 'b.bin'],
        weights: [
          weight('lstm/kernel', 3, 16),
          weight('lstm/recurrent_kernel', 4, 16),
          weight('lstm/bias', 16),
          weight('dense/kernel', 4, 2),
          weight('dense/bias', 2),
        ],
      },
    ],
  };
}

const FLOATS = 3 * 16 + 4 * 16 + 16 + 8 + 2;

/** The files of a model that `change` changes. */
function filesOf(change: (parts: Parts) => void = () => {}): Record<string, Uint8Array> {
  const own = parts();
  change(own);
  const draw = drawing(7);
  const bytes = new Uint8Array(Float32Array.from({ length: FLOATS }, () => draw(1000) / 1000 - 0.5).buffer);
  const json = { format: 'layers-model', modelTopology: own.topology, weightsManifest: own.manifest };
  return {
    'model.json': utf8(JSON.stringify(json)),
    'a.bin': bytes.slice(0, 100),
    'b.bin': bytes.slice(100),
  };
}

const without = (name: string) => {
  const { [name]: _, ...rest } = filesOf();
  return rest;
};
const json = (value: unknown) => ({ ...filesOf(), 'model.json': utf8(JSON.stringify(value)) });
const first = ({ manifest }: Parts) => manifest[0]!.weights[0]!;

/** Each rule broken once. */
const BROKEN_TFJS: readonly Broken[] = [
  ['a shard that is missing', without('b.bin'), /b\.bin/],
  ['a shard that is too short', { ...filesOf(), 'b.bin': new Uint8Array(10) }, /shards/],
  ['a shard that is listed twice', filesOf(({ manifest }) => void manifest[0]!.paths.push('a.bin')), /twice/],
  ['a weight twice', filesOf((p) => void (p.manifest[0]!.weights[1]!.name = first(p).name)), /twice/],
  ['two models', { ...filesOf(), 'other.json': filesOf()['model.json']! }, /two models/],
  ['a weight that is too large', filesOf((p) => void (first(p).shape = [3, 1e9])), /shards|shape/],
  ['a weight of 2^60 elements', filesOf((p) => void (first(p).shape = [2 ** 30, 2 ** 30])), /shards|shape/],
  ['a negative size', filesOf((p) => void (first(p).shape = [-3, 16])), /shape/],
  ['a size that is no integer', filesOf((p) => void (first(p).shape = [0.5])), /shape/],
  ['an unknown element type', filesOf((p) => void (first(p).dtype = 'complex64')), /complex64/],
  ['texts as weights', filesOf((p) => void (first(p).dtype = 'string')), /string/],
  ['integers as weights', filesOf((p) => void (first(p).dtype = 'int32')), /int32/],
  [
    'a name twice',
    filesOf(({ manifest: [own] }) => void own!.weights.push(own!.weights[0]!)),
    /shards|twice/,
  ],
  ['a weight without a name', filesOf((p) => void delete (first(p) as Partial<Weight>).name), /name/],
  [
    'an unknown quantization',
    filesOf((p) => void (first(p).quantization = { dtype: 'uint4', scale: 1, min: 0 })),
    /uint4/,
  ],
  [
    'a scale that is no number',
    filesOf((p) => void (first(p).quantization = { dtype: 'uint8', scale: '1' as never, min: 0 })),
    /not supported/,
  ],
  ['a weight that is missing', filesOf(({ manifest }) => void manifest[0]!.weights.pop()), /dense/],
  ['weights of another shape', filesOf((p) => void (first(p).shape = [16, 3])), /shape/],
  ['a manifest that is no list', json({ modelTopology: parts().topology, weightsManifest: {} }), /list/],
  ['a group that is no object', json({ modelTopology: parts().topology, weightsManifest: [1] }), /paths/],
  ['no topology', json({ weightsManifest: parts().manifest }), /weights only/],
  ['a graph model', json({ format: 'graph-model', modelTopology: {}, weightsManifest: [] }), /graph/],
  ['no weights', json({ modelTopology: parts().topology }), /no weights/],
  ['no JSON', { ...filesOf(), 'model.json': utf8('{"modelTopology":') }, /model\.json/],
];

function* largeTfjs(): Iterable<readonly [string, Given]> {
  yield [
    'a shard 100,000 times',
    filesOf(({ manifest: [own] }) => {
      own!.paths = Array(100_000).fill('a.bin');
      own!.weights[0]!.shape = [3, 800_000];
    }),
  ];
  yield [
    '1,000 groups of a shard',
    filesOf(({ manifest }) => {
      for (let i = 0; i < 1000; i++)
        manifest.push({ paths: ['a.bin'], weights: [{ name: `w${i}`, shape: [25], dtype: 'float32' }] });
    }),
  ];
  yield [
    '50,000 weights without elements',
    filesOf(({ manifest: [own] }) => {
      for (let i = 0; i < 5e4; i++) own!.weights.push({ name: `w${i}`, shape: [0], dtype: 'float32' });
    }),
  ];
  yield ['a weight of 200,000 dimensions', filesOf((p) => void (first(p).shape = Array(200_000).fill(1)))];
  for (const units of [1e6, 1e9, 2 ** 53]) {
    yield [
      `${units} units`,
      filesOf(({ topology }) => void (topology.config.layers[0]!.config.units = units)),
    ];
  }
  yield [
    '20,000 layers',
    filesOf(({ topology }) => {
      const one = { class_name: 'Dropout', config: { rate: 0.5 } };
      topology.config.layers.push(...Array(20_000).fill(one));
    }),
  ];
  for (const [what, json] of manyValues())
    yield [what, { ...filesOf(), 'model.json': utf8(`{"modelTopology":${json}}`) }];
  for (const open of ['[', '{"modelTopology":', '{"weightsManifest":['])
    yield [`a million ${open}`, { ...filesOf(), 'model.json': utf8(open.repeat(1e6)) }];
}

export const tfjs: HostileFormat = {
  name: 'tfjs',
  read: (given) => void read(given),
  use: (given) => load(given).dispose(),
  samples: async () => [
    filesOf(),
    filesOf(({ manifest: [own] }) => {
      own!.paths = ['a.bin'];
      for (const one of own!.weights.slice(0, 4)) one.quantization = { dtype: 'uint8', scale: 0.01, min: -1 };
      own!.weights[3]!.quantization = { dtype: 'float16' };
      own!.paths = ['a.bin', 'b.bin'];
    }),
  ],
  broken: BROKEN_TFJS,
  large: largeTfjs,
};
