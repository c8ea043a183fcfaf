import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Rooms, the outer ones first: what each may import besides itself. Names of packages as they are imported. */
const SRC = rooms({
  custom: 'allocate engine layers losses optim init ndarray memory wasm check errors',
  data: 'allocate arrayKind io init ndarray check errors',
  cli: 'allocate index kernels quant bench/probe.mjs cluster onnx onnxWriter tfjsWriter modelFiles formats data model diagnostics layers engine losses optim init io ndarray memory wasm check errors @assemblyscript/loader cli-progress commander csv-parse/sync simple-ascii-chart node:',
  modelFiles: 'allocate index amp text keras kerasStorage onnx onnxModel onnxWriter formats engine io errors',
  cluster: 'allocate worker model io ndarray wasm check errors bullmq ioredis node:',
  amp: 'formats model engine ndarray errors',
  text: 'data formats model engine fileBytes errors',
  tfjsWriter: 'onnxWriter allocate model engine activations check errors',
  onnxWriter: 'allocate formats model engine activations ndarray check errors',
  quant: 'allocate custom losses optim model layers engine io memory ndarray wasm check errors',
  audio: 'allocate arrayKind worker quant model engine ndarray wasm check errors',
  worker:
    'allocate custom data arrayKind model diagnostics losses optim init io ndarray wasm utf8 check errors',
  onnx: 'io imported onnxLoops onnxOperators onnxSession formats check errors',
  onnxLoops: 'onnxOperators onnxSession formats errors',
  onnxModel: 'allocate check onnxOperators onnxSession model layers engine formats activationTable errors',
  onnxOperators: 'allocate onnxSession formats activationTable memory errors',
  onnxSession: 'allocate axes engine entry formats activationTable memory wasm check errors',
  keras:
    'kerasLayers kerasStorage imported model formats engine ndarray settled allocate fileBytes check errors',
  kerasLayers:
    'custom layers model formats engine activations init memory wasm ndarray allocate check errors',
  kerasStorage: 'formats',
  tfjs: 'allocate axes layers activations formats optim memory wasm check errors',
  index: 'public wasm',
  core: 'publicCore wasm',
  'core.workerd': 'publicCore wasm',
  'index.workerd': 'public wasm',
  slim: 'publicCore wasm',
  inference: 'publicInference wasm',
  'inference.workerd': 'publicInference wasm',
  public: 'custom data publicShared model diagnostics layers engine activations losses optim init wasm',
  publicCore: 'publicShared model layers losses optim',
  kernels: 'allocate quant ndarray memory wasm check errors arrayKind',
  publicInference: 'publicShared model layers wasm',
  publicShared: 'model layers engine init ndarray wasm errors',
  model:
    'allocate arrayKind custom data summary settled diagnostics layers engine losses optim init io ndarray memory wasm check errors',
  io: 'allocate utf8 errors arrayKind check',
  formats: 'allocate entry fileBytes settled io ndarray check errors fflate utf8',
  diagnostics: 'allocate arrayKind layers engine activations ndarray memory wasm check errors',
  layers: 'allocate summary settled engine activations init ndarray memory wasm check errors',
  engine: 'allocate settled activations init ndarray memory wasm check errors summary',
  losses: 'allocate wasm check errors',
  optim: 'wasm check errors summary',
  init: 'allocate check errors',
  activations: 'activationTable check errors',
  activationTable: '',
  axes: '',
  imported: 'errors',
  ndarray: 'settled check errors arrayKind',
  settled: 'allocate arrayKind',
  fileBytes: 'io settled errors',
  memory: 'allocate wasm errors',
  wasm: 'allocate check errors arrayKind globals fflate',
  check: 'errors',
  errors: 'show',
  show: 'arrayKind',
  arrayKind: '',
  utf8: '',
  entry: '',
  allocate: 'errors',
  summary: '',
  globals: '',
});

const ASSEMBLY = rooms({
  index: 'core team configurable attention conv sequence scan gemm loss optim tensor vec math',
  core: 'inference sequence gemm loss optim vec',
  inference: 'sequence gemm loss vec build',
  configurable: 'sequence cells team gemm vec math simd',
  attention: 'gemm loss vec math simd',
  sequence: 'cells gemm vec team',
  scan: 'sequence gemm vec math simd',
  quant: 'cells conv sequence simd',
  conv: 'gemm vec simd',
  cells: 'math simd team',
  gemm: 'vec simd team',
  loss: 'math simd',
  optim: 'simd',
  tensor: 'vec math simd',
  vec: 'simd team',
  math: 'simd constants',
  simd: 'constants',
  constants: '',
  build: '',
  team: '',
});

/** By room, the names it may import. */
function rooms(table: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([room, names]) => [room, names.split(' ')]));
}

interface Import {
  readonly from: string;
  /** A path below the root, or the name of a package. */
  readonly to: string;
}

function importsOf(folder: string): Import[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => join(folder, name.replaceAll('\\', '/')));
  const sources = files.filter((file) => file.endsWith('.ts') && !file.includes('/generated/'));
  return sources.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8');
    const found = [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)'([^']+)'/g)].map(
      (m) => m[1]!,
    );
    // binaries lie beside dist/'s entry points
    const modules = found.filter((to) => !to.endsWith('.wasm'));
    return modules.map((to) => ({ from, to: to.startsWith('.') ? resolve(from, to) : to }));
  });
}

function resolve(from: string, to: string): string {
  const path = normalize(join(dirname(from), to));
  return /\.(ts|mjs)$/.test(path) ? path : `${path}.ts`;
}

/** The part of a path below src/ or assembly/: a folder, or a file of its own. */
function room(path: string): string {
  return path.split('/')[1]!.replace(/\.ts$/, '');
}

/** Imports that the table does not have. */
function strays(folder: string, table: Record<string, string[]>, imports: readonly Import[]): string[] {
  const stray = imports.filter(({ from, to }) => {
    const allowed = [room(from), ...(table[room(from)] ?? [])];
    if (to.startsWith(`${folder}/`)) return !allowed.includes(room(to));
    return !allowed.includes(to.startsWith('node:') ? 'node:' : to);
  });
  return stray.map(({ from, to }) => `${from} imports ${to}`);
}

/** A circle of files, first and last the same; empty where there is none. Imports of types count. */
function circle(imports: readonly Import[]): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const { from, to } of imports) {
      if (from !== file) continue;
      const found = visit(to, [...path, file]);
      if (found.length) return found;
    }
    done.add(file);
    return [];
  };
  for (const { from } of imports) {
    const found = visit(from, []);
    if (found.length) return found;
  }
  return [];
}

describe.each([
  ['src', SRC],
  ['assembly', ASSEMBLY],
])('%s', (folder, table) => {
  const imports = importsOf(folder);

  test('has imports to check', () => {
    expect(imports.length).toBeGreaterThan(30);
  });

  test('every room is in the table', () => {
    const rooms = new Set(
      imports.flatMap(({ from, to }) => [from, to].filter((p) => p.startsWith(`${folder}/`)).map(room)),
    );
    expect([...rooms].filter((name) => !(name in table))).toEqual([]);
    expect(Object.keys(table).filter((name) => !rooms.has(name))).toEqual([]);
  });

  test('rooms import one way, as the table says', () => {
    expect(strays(folder, table, imports)).toEqual([]);
  });

  test('the table itself goes one way', () => {
    const edges = Object.entries(table).flatMap(([from, names]) => names.map((to) => ({ from, to })));
    expect(circle(edges)).toEqual([]);
  });

  test('files import each other in no circle', () => {
    expect(circle(imports)).toEqual([]);
  });
});

/** Whether a file imports nothing but types from another. */
function typesOnly(from: string, to: string): boolean {
  const text = readFileSync(join(root, from), 'utf8');
  const found = [...text.matchAll(/^(?:import|export) ([^;]*?) from '([^']+)';/gm)];
  const clauses = found.filter((m) => resolve(from, m[2]!) === to).map((m) => m[1]!);
  const names = (clause: string) =>
    clause
      .replace(/[{}\s]+/g, ' ')
      .trim()
      .split(/ ?, ?/)
      .filter(Boolean);
  return (
    clauses.length > 0 &&
    clauses.every(
      (clause) => clause.startsWith('type ') || names(clause).every((name) => name.startsWith('type ')),
    )
  );
}

/** Files that an entry point loads, whenever. */
function graph(entry: string, imports: readonly Import[]): string[] {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { from, to } of imports) if (from === file && to.startsWith('src/')) reached.add(to);
  }
  return [...reached];
}

/** A binary as text. */
function isBinary(file: string): boolean {
  return /\/generated\/(?:simd|relaxed)/.test(file);
}

describe('binaries', () => {
  const imports = importsOf('src');
  const inlined = (entry: string) =>
    graph(entry, imports).filter((file) => isBinary(file) || file.endsWith('inflate.ts'));

  test('the main entry has them inlined', () => {
    expect(inlined('src/index.ts').length).toBe(3);
  });

  test.each([
    'src/slim.ts',
    'src/index.workerd.ts',
    'src/core.workerd.ts',
    'src/inference.workerd.ts',
    'src/io/index.ts',
  ])('%s has none inlined', (entry) => {
    expect(graph(entry, imports).length).toBeGreaterThan(3);
    expect(inlined(entry)).toEqual([]);
  });

  test('unrolled/inference has its own two, and no training', () => {
    const files = graph('src/inference.ts', imports);
    expect(files.filter(isBinary).sort()).toEqual([
      'src/wasm/generated/relaxed-inference.ts',
      'src/wasm/generated/simd-inference.ts',
    ]);
    expect(files.filter((file) => /trainer|adam|revectorize/.test(file))).toEqual([]);
  });

  test.each(['src/core.ts', 'src/slim.ts', 'src/inference.ts'])('%s has the plain cells alone', (entry) => {
    const others = /configura|scan|diagnostics|bptt|revectorize/;
    // types are in the declarations, not in the code
    const values = imports.filter(({ from, to }) => !typesOnly(from, to));
    expect(graph(entry, values).filter((file) => others.test(file))).toEqual([]);
  });

  test('no `using`, whose helper Rollup complains of, but in the program', () => {
    const files = [...new Set(imports.map(({ from }) => from))].filter(
      (file) => !file.startsWith('src/cli/'),
    );
    const text = (file: string) => readFileSync(join(root, file), 'utf8');
    expect(files.filter((file) => /^\s*(?:await )?using /m.test(text(file)))).toEqual([]);
  });

  test('no module makes a TextDecoder when it is loaded, which jsdom lacks, but in the program', () => {
    const files = [...new Set(imports.map(({ from }) => from))].filter(
      (file) => !file.startsWith('src/cli/'),
    );
    const text = (file: string) => readFileSync(join(root, file), 'utf8');
    expect(files.filter((file) => /^(?:export )?const .*new Text/m.test(text(file)))).toEqual([]);
  });

  test('no module waits at its top level', () => {
    const waiting = [...new Set(imports.map(({ from }) => from))].filter((file) =>
      /^(?:export )?(?:const .*= )?await /m.test(readFileSync(join(root, file), 'utf8')),
    );
    // the program, which nobody imports
    expect(waiting.filter((file) => file !== 'src/cli/main.ts')).toEqual([]);
  });
});

describe('what the checks find', () => {
  test('a stray import', () => {
    const imports = [
      { from: 'src/layers/a.ts', to: 'src/model/b.ts' },
      { from: 'src/layers/a.ts', to: 'src/layers/b.ts' },
      { from: 'src/model/a.ts', to: 'node:fs' },
      { from: 'src/cli/a.ts', to: 'node:fs' },
    ];
    expect(strays('src', SRC, imports)).toEqual([
      'src/layers/a.ts imports src/model/b.ts',
      'src/model/a.ts imports node:fs',
    ]);
  });

  test('a circle', () => {
    const edges = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'b'],
    ].map(([from, to]) => ({ from: from!, to: to! }));
    expect(circle(edges)).toEqual(['b', 'c', 'd', 'b']);
    expect(circle(edges.slice(0, 3))).toEqual([]);
  });
});
