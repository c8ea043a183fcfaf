import { zipSync } from 'fflate';
import { readTorch } from '../../src/formats/torch/index.ts';
import { inflate } from '../../src/formats/zip/inflate.ts';
import { readFixtureFile } from '../fixtures/read.ts';
import type { Broken, HostileFormat } from './format.ts';
import type { Given } from './mutate.ts';
import { brokenZips } from './zip.ts';

type Part = string | number | Uint8Array;

export const bytes = (...parts: readonly Part[]) => joined(parts);

/** Texts with one byte per character, numbers of a byte, and bytes, one after the other. */
function joined(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const lengthOf = (part: Part) => (typeof part === 'number' ? 1 : part.length);
  const out = new Uint8Array(parts.reduce<number>((sum, part) => sum + lengthOf(part), 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'number') out[at] = part;
    else if (typeof part !== 'string') out.set(part, at);
    else for (let i = 0; i < part.length; i++) out[at + i] = part.charCodeAt(i);
    at += lengthOf(part);
  }
  return out;
}
export const u32 = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
export const pickle = (...parts: (string | number | Uint8Array)[]) => bytes('\x80\x02', ...parts, '.');
export const archive = (data: Uint8Array, more: Record<string, Uint8Array> = {}) =>
  zipSync({ 'a/data.pkl': data, ...more }, { level: 0 });
export const STORAGE = (elements: number) =>
  bytes(
    '(X',
    u32(7),
    'storage',
    'ctorch\nFloatStorage\n',
    'X',
    u32(1),
    '0',
    'X',
    u32(3),
    'cpu',
    'J',
    u32(elements),
    'tQ',
  );
/** A text of protocol 2, with one character per byte. */
export const text = (value: string) => bytes('X', u32(value.length), value);
/** A list of what `value` gives `count` times for the first argument, which is made once. */
export const calls = (
  global: string,
  first: Uint8Array,
  count: number,
  value: string | Uint8Array = 'h\x01\x85',
) =>
  pickle(`c${global}\nq\x000`, first, 'q\x010](', joined(Array(count).fill(bytes('h\x00', value, 'R'))), 'e');
export const tensor = (elements: number, shape: number[], strides: number[], offset = 0) => {
  const tuple = (values: number[]) => bytes('(', ...values.flatMap((v) => ['J', u32(v)]), 't');
  return bytes(
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    STORAGE(elements),
    'J',
    u32(offset),
    tuple(shape),
    tuple(strides),
    '\x89NtR',
  );
};
export const DATA = { 'a/data/0': new Uint8Array(24) };

const pairs = (count: number) => Array.from({ length: count }, (_, i) => bytes('J', u32(i), 'K\x01\x86'));

/** Tensors that are not within their storages. */
const BROKEN_VIEWS: readonly (readonly [what: string, view: Uint8Array, words: RegExp])[] = [
  ['a shape beyond the storage', tensor(6, [2, 4], [4, 1]), /beyond/],
  ['strides beyond the storage', tensor(6, [2, 3], [4, 1]), /beyond/],
  ['an offset beyond the storage', tensor(6, [2, 3], [3, 1], 1), /beyond/],
  ['a storage that lies', tensor(7, [2, 3], [3, 1]), /beyond/],
  ['elements repeated a billion times', tensor(6, [1_000_000_000, 2], [0, 1]), /repeats/],
  ['60,000 dimensions', tensor(6, Array(60_000).fill(1), Array(60_000).fill(1)), /_rebuild_tensor_v2"/],
  ['2^60 elements', tensor(6, [2 ** 30, 2 ** 30], [0, 0]), /beyond|repeats/],
];

/** Pickles that are not valid, by themselves and in an archive. */
const BROKEN_PICKLES: readonly (readonly [what: string, pickle: Uint8Array, words: RegExp])[] = [
  ['a text that is longer than the file', pickle('X', u32(2 ** 31)), /bytes are needed/],
  ['an integer of a megabyte', pickle('\x8b', u32(1 << 20)), /integer of/],
  ['the memo is empty', pickle('h\x05'), /memo/],
  ['the stack is empty', pickle(), /stack is empty/],
  ['no mark', pickle('t'), /mark/],
  ['a value appended to a dictionary', pickle('}K\x01a'), /no list/],
  ['a global whose name is a number', pickle('K\x01K\x02\x93'), /no name/],
  ['70,000 values on the stack', pickle('N'.repeat(70_000)), /too many values/],
  ['two values', pickle('NN'), /left on the stack/],
  ['an opcode that is unknown', pickle('\xee'), /opcode/],
  ['a protocol of the future', bytes('\x80\x09N.'), /protocol 9/],
  ['pairs that are not whole', pickle('}(Nu'), /dict/],
  ['a global without an end', bytes('\x80\x02ctorch'), /line without an end/],
  ['a persistent id that is none', pickle('NQ'), /persistent id/],
  ['a persistent id that is a number', pickle('K\x01Q'), /"Q"/],
  ['a text that is not UTF-8', pickle(text('weight\xff')), /byte \d+: a text that is not UTF-8/],
  ['a text of protocol 0 that is not UTF-8', bytes("S'\\xff'\n."), /not UTF-8/],
  ['a character beyond Unicode', bytes('V\\U00110000\n.'), /byte \d+: .*"V"/],
  [
    'a tensor without strides',
    pickle('ctorch._utils\n_rebuild_tensor_v2\n)R'),
    /"torch._utils._rebuild_tensor_v2"/,
  ],
  ['a parameter of nothing', pickle('ctorch._utils\n_rebuild_parameter\n)R'), /_rebuild_parameter"/],
  [
    'pairs that are a number',
    pickle('ccollections\nOrderedDict\nK\x06\x85R'),
    /byte 31: .*"collections.OrderedDict"/,
  ],
  ['pairs that are numbers', pickle('ccollections\nOrderedDict\n]K\x06a\x85R'), /OrderedDict"/],
  ['arguments that are no tuple', pickle('ccollections\nOrderedDict\nK\x06R'), /OrderedDict"/],
  ['bytes of a number', pickle('c_codecs\nencode\nK\x06', text('latin1'), '\x86R'), /"_codecs.encode"/],
  ['bytes in UTF-16', pickle('c_codecs\nencode\n', text('a'), text('utf-16'), '\x86R'), /"_codecs.encode"/],
  [
    'a file inside that is a number',
    pickle('ctorch.storage\n_load_from_bytes\nK\x06\x85R'),
    /_load_from_bytes"/,
  ],
  [
    'a file inside without a storage',
    pickle('ctorch.storage\n_load_from_bytes\nC\x02N.\x85R'),
    /_load_from_bytes"/,
  ],
  [
    'a tensor made of itself',
    pickle('ctorch._tensor\n_rebuild_from_type_v2\nq\x00]q\x01(h\x00Nh\x01eR'),
    /_rebuild_from_type_v2"/,
  ],
  ['a call of a list', pickle('])R'), /"R"/],
  ['a global of 5,000 characters', pickle(`c${'a'.repeat(5000)}\nb\n`), /no name/],
  ['nothing', new Uint8Array(), /needed/],
];

/** A list that has the one before ten times, 12 times: 10^12 paths. */
export function laughs(): Uint8Array {
  const lists = Array.from({ length: 12 }, (_, i) =>
    bytes('](', ...Array(10).fill(`h${String.fromCharCode(i)}`), 'e', `q${String.fromCharCode(i + 1)}`, '0'),
  );
  return pickle(']q\x00', '0', ...lists, 'h\x0c');
}

/** Lists in lists. */
export function deepLists(depth: number): Uint8Array {
  return pickle(']'.repeat(depth), 'a'.repeat(depth - 1));
}

/** Dicts in dicts under one key, which is long. */
export function longPaths(length: number, depth: number): Uint8Array {
  return pickle(text('k'.repeat(length)), 'q\x000', '}h\x00'.repeat(depth), 'N', 's'.repeat(depth));
}

const ONES: number[] = Array(64).fill(1);
const TEXTS = bytes('](', text('a'.repeat(5000)), '2'.repeat(63), 'e');

/** A million times the same value. */
export function million(value: Uint8Array): Uint8Array {
  const list = (...of: (string | Uint8Array)[]) => bytes('](', ...of, 'e');
  const many = 'h\x00'.repeat(1000);
  return pickle(value, 'q\x000', list(many), 'q\x000', list(many));
}

/** A file inside of a pickle. */
const inside = (file: Uint8Array) =>
  pickle('ctorch.storage\n_load_from_bytes\n(B', u32(file.length), file, 'tR');

/** Files inside of files. */
export function nestedFiles(depth: number): Uint8Array {
  let inner = pickle('N');
  for (let i = 0; i < depth; i++) inner = inside(inner);
  return inner;
}

/** Magic number of files before zip archives. */
const MAGIC = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** Magic number, protocol and system of files before zip archives. */
function bigEndian(protocol = 1001): Uint8Array {
  const system = pickle('}X', u32(13), 'little_endian\x89s');
  return bytes(pickle('\x8a', MAGIC.length, ...MAGIC), pickle('M', protocol & 255, protocol >> 8), system);
}

function* largeTorch(): Iterable<readonly [string, Given]> {
  for (const size of [2 ** 24, 2 ** 26, 2 ** 28]) {
    const data = pickle(tensor(size / 4, [size / 4], [1]));
    yield [
      `a storage of ${size} zeros, compressed`,
      zipSync({ 'a/data.pkl': data, 'a/data/0': new Uint8Array(size) }),
    ];
    yield [`a pickle of ${size} zeros, compressed`, zipSync({ 'a/data.pkl': new Uint8Array(size) })];
  }
  const many = Object.fromEntries(
    Array.from({ length: 60_000 }, (_, i) => [`a/data/${i}`, new Uint8Array(0)]),
  );
  yield ['60,000 files', archive(pickle('N'), many)];
  yield ['10^12 paths', laughs()];
  for (const depth of [100, 1000, 100_000, 2_000_000]) yield [`lists ${depth} deep`, deepLists(depth)];
  yield ['files inside of files', nestedFiles(12)];
  yield ['a circle', pickle(']q\x00h\x00a')];
  yield ['5 million opcodes', pickle('N0'.repeat(2_500_000), 'N')];
  yield ['a million marks', pickle('('.repeat(1_000_000))];
  yield ['2 million values', pickle('](', 'N'.repeat(2_000_000), 'e')];
  yield [
    '300,000 places of the memo',
    pickle(joined(Array.from({ length: 300_000 }, (_, i) => bytes('Nr', u32(i), '0'))), 'N'),
  ];
  for (const [what, op] of [
    ['lists', ']'],
    ['dicts', '}'],
    ['objects', ')\x81'],
  ] as const) {
    const some = op.length > 1 ? `cos\nsystem\n${op}`.repeat(100) : op.repeat(1000);
    yield [`2 million ${what}`, pickle(']', `(${some}e`.repeat(2000))];
  }
  yield ['memo at 2^32 - 1', pickle('Nr', u32(2 ** 32 - 1))];
  const views = Array.from({ length: 2000 }, (_, i) =>
    bytes('X', u32(5), String(i).padStart(5, '0'), tensor(4096, [1, 4096 - i], [0, 1])),
  );
  yield [
    '2,000 views of a storage',
    archive(pickle('}(', joined(views), 'u'), { 'a/data/0': new Uint8Array(16_384) }),
  ];
  const small = Array.from({ length: 20_000 }, (_, i) =>
    bytes('X', u32(5), String(i).padStart(5, '0'), tensor(6, [2, 3], [3, 1])),
  );
  yield ['20,000 tensors', archive(pickle('}(', joined(small), 'u'), DATA)];
  yield ['64 dimensions', archive(pickle(tensor(6, Array(64).fill(1), Array(64).fill(1))), DATA)];
  yield [
    'no elements, large sizes',
    archive(pickle(tensor(6, [0, 2 ** 31 - 1, 2 ** 31 - 1], [1, 1, 1])), DATA),
  ];
  yield ['a number of a megabyte of digits', bytes('I', '9'.repeat(1_000_000), '\n.')];
  yield ['a long number of a megabyte of digits', bytes('L', '9'.repeat(1_000_000), 'L\n.')];
}

const file = (name: string) => readFixtureFile(`torch/${name}`);

export const torch: HostileFormat = {
  name: 'torch',
  read: (given) => void readTorch(given as Uint8Array, { inflate }),
  samples: () => Promise.all(['two.pt', 'module.pt', 'checkpoint.tar', 'protocol4.pt'].map(file)),
  broken: [
    ...BROKEN_VIEWS.map(([what, view, words]): Broken => [what, archive(pickle(view), DATA), words]),
    ...BROKEN_PICKLES.map(([what, data, words]): Broken => [what, data, words]),
    ...BROKEN_PICKLES.map(([what, data, words]): Broken => [`${what}, in an archive`, archive(data), words]),
    ['no pickle', zipSync({ 'notes.txt': new Uint8Array(3) }, { level: 0 }), /data\.pkl/],
    ['a storage that is not there', archive(pickle(tensor(6, [2, 3], [3, 1]))), /not in the file/],
    ['a big-endian file', archive(pickle('N'), { 'a/byteorder': bytes('big') }), /big-endian/],
    ...brokenZips(
      archive(pickle('N'), { 'a/data.pkm': pickle('N') }),
      zipSync({ 'a/data.pkl': pickle('N'.repeat(20), '0'.repeat(19)) }),
    ),
    ['files nine deep', nestedFiles(9), /files more than 8 deep/],
    [
      'a compressed archive inside',
      inside(zipSync({ 'data.pkl': pickle('N'.repeat(50)) })),
      /expected a stored/,
    ],
    ['a tar archive', bytes(new Uint8Array(257), 'ustar'), /tar archive/],
    ['a big-endian file of the old kind', bigEndian(), /big-endian/],
    ['another protocol before it', bigEndian(1002), /not of protocol 1001/],
    ['lists 300 deep', deepLists(300), /200 deep/],
    ['150 keys of 300,000 characters', longPaths(300_000, 150), /more than 1048576 values/],
    ['a list of 64 texts a million times', million(TEXTS), /more than 1048576 values/],
    ['a tensor of 64 dimensions a million times', million(tensor(1, ONES, ONES)), /more than 1048576 values/],
    [
      'a dict of 3,000 pairs 1,000 times',
      calls('collections\nOrderedDict', bytes('](', joined(pairs(3000)), 'e'), 1000),
      /too many opcodes/,
    ],
    [
      'a magic number with a wrong bit',
      bytes(pickle('\x8a', 10, ...MAGIC.with(9, 0x51)), pickle('M\xe9\x03')),
      /magic number/,
    ],
    ['80,000 lists', pickle(']0'.repeat(80_000), 'N'), /too many opcodes/],
    ['TorchScript', archive(pickle('N'), { 'a/constants.pkl': pickle('N') }), /TorchScript/],
  ],
  large: largeTorch,
};

export const torchLegacy: HostileFormat = {
  ...torch,
  name: 'torch-legacy',
  samples: () =>
    Promise.all(
      ['kindsLegacy.pt', 'moduleLegacy.pt', 'legacy.pth', 'pickled.pkl', 'protocol0.pkl'].map(file),
    ),
};

/** Read without what inflates archives. */
export const torchStored: HostileFormat = {
  ...torch,
  name: 'torch-stored',
  read: (given) => void readTorch(given as Uint8Array),
  samples: async () => [archive(pickle(tensor(6, [2, 3], [3, 1])), DATA)],
  broken: [
    [
      'a compressed archive',
      zipSync({ 'a/data.pkl': pickle('N'.repeat(50), '0'.repeat(49)) }),
      /compressed, expected a stored one/,
    ],
  ],
  large: () => [],
};
