import { FormatError, Linear, LSTM, Sequential } from '../../src/core.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { readFixture } from '../fixtures/read.ts';
import { entry, file } from '../io/helpers.ts';
import type { Broken, HostileFormat } from './format.ts';
import type { Given } from './mutate.ts';

const good = entry('F32', [2], [0, 8]);
const one = (dtype: string, shape: unknown, offsets: unknown, data = 8) =>
  file(`{"a":${entry(dtype, shape, offsets)}}`, data);

const many = (count: number, of: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => of(i)).join();

/** Each rule broken once. */
const BROKEN: readonly Broken[] = [
  ['fewer than 8 bytes', new Uint8Array(7), /shorter/],
  ['a header beyond the file', file('{}', 0, 3n), /beyond/],
  ['a header of 2^64 - 1 bytes', file('{}', 0, 2n ** 64n - 1n), /beyond/],
  ['a header that is not UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /UTF-8/],
  ['a header that starts with a space', file(' {}'), /start/],
  ['a comma too many', file(`{"a":${good},}`, 8), /JSON|string/],
  ['a name twice', file(`{"a":${good},"\\u0061":${good}}`, 8), /duplicate/],
  ['metadata that are no texts', file('{"__metadata__":{"k":1}}'), /metadata/],
  ['half a surrogate pair', file(`{"\\ud800":${good}}`, 8), /Unicode/],
  ['an entry that is no object', file('{"a":[]}'), /object/],
  ['no dtype', file('{"a":{"shape":[2],"data_offsets":[0,8]}}', 8), /dtype/],
  ['an unknown field', file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}'), /"x"/],
  ['an unknown dtype', one('F8_E4M3', [8], [0, 8]), /dtype/],
  ['a negative size', one('F32', [-2], [0, 8]), /shape/],
  ['2^54 elements', one('U8', [2 ** 27, 2 ** 27], [0, 8]), /2\^53/],
  ['three offsets', one('F32', [2], [0, 8, 8]), /data_offsets/],
  ['an end before the beginning', one('F32', [2], [8, 0]), /data_offsets/],
  ['an end beyond the file', one('F32', [4], [0, 16]), /16/],
  ['another size', one('F32', [3], [0, 8]), /needs/],
  ['a hole', one('F32', [1], [4, 8]), /hole/],
  ['an overlap', file(`{"a":${good},"b":${good}}`, 8), /overlap/],
  [
    '100,001 metadata',
    file(`{"__metadata__":{${many(100_001, (i) => `"${i}":""`)}}}`),
    /more than 100000 keys/,
  ],
  ['trailing bytes', one('F32', [2], [0, 8], 9), /trailing/],
];

function* large(): Iterable<readonly [string, Given]> {
  for (const open of ['[', '{"a":', '{"dtype":', '{"shape":[', '{"__metadata__":{"a":'])
    yield [`a million ${open}`, file(`{"a":${open.repeat(1e6)}`)];
  yield ['a name of 10 million letters', file(`{"${'x'.repeat(1e7)}":1}`)];
  yield ['a size of a million digits', file(`{"a":{"shape":[${'9'.repeat(1e6)}]}}`)];
  yield ['200,000 dimensions', one('F32', Array(200_000).fill(1), [0, 8])];
  yield ['20,000 empty tensors', file(`{${many(20_000, (i) => `"${i}":${entry('U8', [0], [0, 0])}`)}}`)];
}

export const safetensors: HostileFormat = {
  name: 'safetensors',
  read: (given) => void parseSafetensors(given as Uint8Array),
  samples: () => Promise.all([readFixture('lstm-one'), readFixture('models/version-2-trainer')]),
  broken: BROKEN,
  large,
};

/** Models as unrolled/core reads them, whose parser of the header is a smaller one. */
export const coreModel: HostileFormat = {
  name: 'core-model',
  read: (given) => {
    try {
      Sequential.load(given as Uint8Array).dispose();
    } catch (error) {
      // a layer that only unrolled may have
      if ((error as Error).name !== 'FeatureError') throw error;
      throw new FormatError((error as Error).message);
    }
  },
  samples: async () => {
    const model = new Sequential([new LSTM(2, 3), new Linear(3, 1)]);
    const bytes = model.save();
    model.dispose();
    return [bytes];
  },
  broken: [
    ['a header that is no JSON', file('{"a":'), /header: .*JSON/],
    [
      'an entry that is null',
      file('{"a":null}'),
      /tensor "a": expected dtype, shape, data_offsets, got null/,
    ],
    ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 8), /"a": expected dtype, shape/],
    ['a size of 0.5', one('F32', [0.5], [0, 8]), /"a": expected dtype, shape/],
    ['one offset', one('F32', [2], [0]), /"a": expected dtype, shape/],
    ['an element type of its own', one('F16', [4], [0, 8]), /dtype/],
    ['another size', one('F32', [3], [0, 8]), /needs/],
    ['an overlap', file(`{"a":${good},"b":${good}}`, 8), /overlap/],
    ['no model', one('F32', [2], [0, 8]), /not a model/],
  ],
  large: () => [],
};
