import { loadCharRnn, loadSegmenter } from '../../src/text/index.ts';
import { charRnnFiles, textCases } from '../fixtures/text/read.ts';
import type { Broken, HostileFormat } from './format.ts';
import { manyValues } from './json.ts';
import { type Given, utf8 } from './mutate.ts';

// biome-ignore lint/suspicious/noExplicitAny: files
type Json = any;

const cases = await textCases();
const files = charRnnFiles(cases.charRnn['one generation']!);
const manifest = JSON.parse(new TextDecoder().decode(files['manifest.json']));
const CELL = 'rnnlm/multi_rnn_cell/cell_0/basic_lstm_cell';
const text = (value: unknown) => utf8(JSON.stringify(value));

/** The charRNN with other files; without those that are undefined. */
function withFiles(changed: Readonly<Record<string, Uint8Array | undefined>>): Given {
  const all = Object.entries({ ...files, ...changed });
  return Object.fromEntries(
    all.filter((file): file is [string, Uint8Array<ArrayBuffer>] => file[1] !== undefined),
  );
}

function withManifest(change: (manifest: Json) => void, others = {}): Given {
  const copy = structuredClone(manifest);
  change(copy);
  return withFiles({ 'manifest.json': text(copy), ...others });
}

const vocab = (value: unknown) => withFiles({ 'vocab.json': text(value) });
const nan = new Uint8Array(files.embedding!).fill(0xff, 8, 12);

/** Each rule broken once. */
const BROKEN_CHAR_RNN: readonly Broken[] = [
  ['no manifest', withFiles({ 'manifest.json': undefined }), /manifest\.json: no such file/],
  ['a file by itself', utf8('{}'), /manifest\.json: no such file/],
  ['a manifest of 2 MiB', withFiles({ 'manifest.json': utf8(' '.repeat(2 ** 21)) }), /2097152 bytes/],
  ['a manifest that is no JSON', withFiles({ 'manifest.json': utf8('{') }), /manifest\.json: not JSON/],
  [
    'a manifest that is a list',
    withFiles({ 'manifest.json': utf8('[]') }),
    /manifest\.json: expected an object/,
  ],
  ['deep nesting', withFiles({ 'manifest.json': utf8('['.repeat(1e5)) }), /more than 200/],
  ['no vocabulary', withFiles({ 'vocab.json': undefined }), /vocab\.json: no such file/],
  [
    'an entry that is a text',
    withManifest((m) => void (m.embedding = 'file')),
    /embedding.*expected an object/,
  ],
  ['no shape', withManifest((m) => void delete m.embedding.shape), /shape of "embedding"/],
  ['a negative size', withManifest((m) => void (m.embedding.shape = [-7, 5])), /shape of "embedding"/],
  ['no file name', withManifest((m) => void delete m.embedding.filename), /filename of "embedding"/],
  [
    'a file that is not there',
    withManifest((m) => void (m.embedding.filename = 'x')),
    /"embedding": no file "x"/,
  ],
  [
    'a shape that lies',
    withManifest((m) => void (m.embedding.shape = [7, 1e9])),
    /expected 28000000000 bytes/,
  ],
  ['NaN', withFiles({ embedding: nan }), /"embedding": element 2/],
  [
    'a GRU',
    withManifest((m) => void (m['rnnlm/multi_rnn_cell/cell_0/gru_cell/gates/kernel'] = m[`${CELL}/kernel`])),
    /gru_cell.*LSTM/,
  ],
  [
    'two kernels',
    withManifest((m) => void (m[`${CELL}/weights`] = m[`${CELL}/kernel`])),
    /second kernel of cell 0/,
  ],
  ['no kernel', withManifest((m) => void delete m[`${CELL}/kernel`]), /cell 0: no kernel/],
  ['no bias', withManifest((m) => void delete m[`${CELL}/bias`]), /cell 0: no bias/],
  [
    'a cell too few',
    withManifest((m) => {
      for (const name of ['kernel', 'bias']) {
        m[`${CELL}/${name}`.replace('cell_0', 'cell_7')] = m[`${CELL}/${name}`.replace('cell_0', 'cell_1')];
        delete m[`${CELL}/${name}`.replace('cell_0', 'cell_1')];
      }
    }),
    /cell 1: no kernel/,
  ],
  [
    'no cells',
    withManifest((m) => {
      for (const name of Object.keys(m)) if (/cell_/.test(name)) delete m[name];
    }),
    /no LSTM cells/,
  ],
  ['no embedding', withManifest((m) => void delete m.embedding), /no embedding/],
  ['no softmax_w', withManifest((m) => void delete m['rnnlm/softmax_w']), /no softmax_w/],
  ['no softmax_b', withManifest((m) => void delete m['rnnlm/softmax_b']), /no softmax_b/],
  [
    'a bias that is no four gates',
    withManifest((m) => void (m[`${CELL}/bias`].shape = [15]), {
      [manifest[`${CELL}/bias`].filename]: new Uint8Array(60),
    }),
    /15 numbers/,
  ],
  ['a bias that is a matrix', withManifest((m) => void (m[`${CELL}/bias`].shape = [4, 4])), /bias of cell 0/],
  [
    'a kernel that is turned',
    withManifest((m) => void m[`${CELL}/kernel`].shape.reverse()),
    /kernel of cell 0/,
  ],
  [
    'an embedding of three dimensions',
    withManifest((m) => void (m.embedding.shape = [7, 5, 1])),
    /embedding: exp/,
  ],
  [
    'weights that are turned',
    withManifest((m) => void m['rnnlm/softmax_w'].shape.reverse()),
    /softmax_w: exp/,
  ],
  [
    'a bias of two dimensions',
    withManifest((m) => void (m['rnnlm/softmax_b'].shape = [7, 1])),
    /softmax_b: exp/,
  ],
  ['a vocabulary that is smaller', vocab({ a: 0 }), /embedding: expected \[1, 5\]/],
  ['an empty vocabulary', vocab({}), /embedding: expected \[0, 5\]/],
  [
    'an entry too many',
    vocab(Object.fromEntries(Array.from({ length: 7e4 }, (_, i) => [i, i]))),
    /70000 entries/,
  ],
  ['an index twice', vocab({ a: 0, b: 0 }), /vocab\.json: "b".*0\.\.1/],
  ['an index beyond the end', vocab({ a: 2, b: 0 }), /vocab\.json: "a"/],
  ['an index below 0', vocab({ a: -1, b: 0 }), /vocab\.json: "a"/],
  ['an index that is a text', vocab({ a: '0', b: 1 }), /vocab\.json: "a"/],
];

function* largeCharRnn(): Iterable<readonly [string, Given]> {
  for (const [what, json] of manyValues()) yield [what, withFiles({ 'vocab.json': utf8(json) })];
  yield [
    '100,000 variables',
    withManifest((m) => {
      for (let i = 0; i < 1e5; i++) m[`Variable_${i}`] = { filename: 'Variable', shape: [] };
    }),
  ];
  yield [
    'a long name',
    withManifest((m) => void (m['x'.repeat(1e6)] = { filename: 'Variable', shape: [1] })),
  ];
  yield [
    'cell 9999',
    withManifest((m) => void (m[`${CELL.replace('cell_0', 'cell_9999')}/bias`] = m[`${CELL}/bias`])),
  ];
  yield [
    'a vocabulary of 200,000',
    vocab(Object.fromEntries(Array.from({ length: 2e5 }, (_, i) => [`c${i}`, i]))),
  ];
  yield ['sizes of 2^53', withManifest((m) => void (m.embedding.shape = [2 ** 53 - 1, 2 ** 53 - 1]))];
}

export const charRnn: HostileFormat = {
  name: 'charRNN',
  read: (given) => loadCharRnn(given as Record<string, Uint8Array>).dispose(),
  samples: async () => Object.values(cases.charRnn).map(charRnnFiles),
  broken: BROKEN_CHAR_RNN,
  large: largeCharRnn,
};

const { codepoints, genvec } = cases.segmenter;
const icu: string = cases.segmenter['graphclust of ICU']!.file;

function broken(change: (file: Json) => void, of = codepoints!): Uint8Array {
  const file = structuredClone(of.file);
  change(file);
  return text(file);
}

const replaced = (from: string | RegExp, to: string) => utf8(icu.replace(from, to));

/** Each rule broken once. */
const BROKEN_SEGMENTER: readonly Broken[] = [
  ['not JSON', utf8('{"model"'), /not JSON/],
  ['a list', text([]), /expected a JSON object/],
  ['deep nesting', utf8('['.repeat(1e5)), /more than 200/],
  ['a name that is a number', broken((f) => void (f.model = 3)), /model: expected a text/],
  ['a dictionary that is a list', broken((f) => void (f.dic = ['a'])), /dic: expected an object/],
  ['an index twice', broken((f) => void (f.dic.ข = 0)), /dic: .*own in 0\.\.4/],
  ['a dictionary that is smaller', broken((f) => void delete f.dic.จ), /mat1: expected \[5, 4\]/],
  ['no matrix', broken((f) => void delete f.mat3), /mat3: expected an object/],
  ['no sizes', broken((f) => void (f.mat3.dim = 'x')), /mat3\.dim/],
  ['a number too few', broken((f) => void f.mat2.data.pop()), /mat2\.data: expected 48 numbers, got 47/],
  ['no numbers', broken((f) => void (f.mat2.data = 1)), /mat2\.data: expected 48 numbers, got 1/],
  ['a text among the numbers', broken((f) => void (f.mat2.data[5] = '1')), /mat2\.data\[5\]/],
  ['a number beyond float32', broken((f) => void (f.mat2.data[5] = 1e39)), /mat2\.data\[5\]/],
  ['a size that lies', broken((f) => void (f.mat3.dim = [1e9, 12])), /mat3\.data: expected 12000000000/],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(
    (i): Broken => [
      `mat${i} of other sizes`,
      broken((f) => void f[`mat${i}`].dim.push(1)),
      /mat\d: expected/,
    ],
  ),
  ['vectors of no letters', broken((f) => void (f.mat1 = { dim: [0, 4], data: [] }), genvec!), /mat1\.dim/],
  ['a resource without a model', replaced(/model\{/, 'title{'), /no model/],
  ['a resource of another type', replaced('"graphclust"', '"words"'), /type: expected codepoints/],
  ['a resource without sizes', replaced('hunits:int', 'units:int'), /no hunits/],
  [
    'a resource with other sizes',
    replaced('hunits:int{3}', 'hunits:int{4}'),
    /data: expected \d+ numbers, got (fewer|more)|element/,
  ],
  ['a resource without a dictionary', replaced('dict{', 'dic{'), /no dict/],
  ['a dictionary of numbers', replaced('dict{', 'dict{ 5,'), /dict: entry 0/],
  ['a resource without data', replaced('data:intvector', 'data'), /no data/],
  ['a resource that is cut off', utf8(icu.slice(0, -10)), /data: element/],
  ['a number too many', utf8(icu.replace(/\}\s*\}\s*$/, '1,}}')), /got more/],
  ['a resource with numbers too few', replaced('embeddings:int{4}', 'embeddings:int{4000}'), /got fewer/],
  ['a key too many', replaced('dict{', `dict{${'"a",'.repeat(70_000)}`), /dict: more than/],
  ['a long key', replaced('dict{', `dict{"${'a'.repeat(65)}",`), /dict: entry 0/],
  [
    'an entry too many',
    broken((f) => {
      for (let i = 0; i < 7e4; i++) f.dic[`c${i}`] = i + 5;
    }),
    /dic: 70005 entries/,
  ],
  ['a number that is none', replaced('intvector{', 'intvector{ 1.5,'), /data: element 0/],
  ['bits of NaN', replaced('intvector{', 'intvector{ -1,'), /data: element 0/],
];

function* largeSegmenter(): Iterable<readonly [string, Given]> {
  for (const [what, json] of manyValues()) yield [what, utf8(`{"model":"x","dic":${json}}`)];
  yield ['a million strings', replaced('dict{', `dict{${'"a",'.repeat(1e6)}`)];
  yield ['a string of a million escapes', replaced('dict{', `dict{"${'\\"'.repeat(1e6)}"`)];
  yield ['a string without an end', replaced('dict{', `dict{"${'a'.repeat(1e6)}`).subarray(0, 5e5)];
  yield ['a million numbers', replaced('intvector{', `intvector{${'1,'.repeat(1e6)}`)];
  yield ['a million blanks', utf8(`${' '.repeat(1e6)}x:table`)];
  yield ['100,000 comments', utf8(`${'// a\n'.repeat(1e5)}x:table`)];
  yield ['hunits of 10^9', replaced('hunits:int{3}', 'hunits:int{1000000000}')];
  yield ['sizes of 2^53', broken((f) => void (f.mat1.dim = [2 ** 53 - 1, 2 ** 53 - 1]))];
  yield [
    '100,000 entries',
    broken((f) => {
      for (let i = 0; i < 1e5; i++) f.dic[`c${i}`] = i + 5;
    }),
  ];
}

export const segmenter: HostileFormat = {
  name: 'segmenter',
  read: (given) => loadSegmenter(given as Uint8Array).dispose(),
  samples: async () =>
    Object.values(cases.segmenter).map(({ file }) => (typeof file === 'string' ? utf8(file) : text(file))),
  broken: BROKEN_SEGMENTER,
  large: largeSegmenter,
};
