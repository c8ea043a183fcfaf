import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { readFixtureFile } from '../fixtures/read.ts';
import { model, port } from '../onnx/encode.ts';
import { cli, folder, oneLine } from './helper.ts';

await u.init();

/** A NumPy array of float32. */
function npy(data: readonly number[], shape: readonly number[], order = 'False'): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const numbers = Buffer.from(Float32Array.from(data).buffer);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1'), Buffer.from(`${header}\n`), numbers]);
}

/** A model of this package, its input and its output, as files. */
function files() {
  const path = folder();
  const model = new u.Sequential([new u.LSTM(2, 3), new u.Linear(3, 2)], { seed: 4 });
  const x = { data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)), shape: [3, 2, 2] };
  const { data, shape } = model.forward(x);
  writeFileSync(path('m'), model.save());
  const value = (name: string, { data, shape }: { data: Float32Array; shape: readonly number[] }) => ({
    name,
    type: 'float32',
    dims: shape,
    data: [...data],
  });
  const oracle = { inputs: [value('x', x)], outputs: [value('output', { data, shape })] };
  const write = (name: string, value: unknown) => writeFileSync(path(name), JSON.stringify(value));
  write('oracle.json', oracle);
  return { path, x, oracle, write, output: { data, shape } };
}

describe('run', () => {
  test('prints the outputs of inputs from JSON, by name or as lists, and from NumPy', async () => {
    const { path, x, oracle, write, output } = files();
    write(
      'lists.json',
      [0, 1, 2].map((t) => [0, 1].map((b) => [...x.data.slice(4 * t + 2 * b, 4 * t + 2 * b + 2)])),
    );
    write('named.json', { x: { dims: x.shape, data: [...x.data] } });
    writeFileSync(path('x.npy'), npy([...x.data], x.shape));
    const turned = [0, 1].flatMap((f) =>
      [0, 1].flatMap((b) => [0, 1, 2].map((t) => x.data[4 * t + 2 * b + f]!)),
    );
    writeFileSync(path('fortran.npy'), npy(turned, x.shape, 'True'));
    for (const name of ['oracle.json', 'lists.json', 'named.json', 'x.npy', 'fortran.npy']) {
      const { code, out, err } = await cli('run', path('m'), '--inputs', path(name), '--kernels', 'simd');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const [found] = JSON.parse(out).outputs;
      expect([found.name, found.type, found.dims]).toEqual(['output', 'float32', output.shape]);
      for (const [i, value] of output.data.entries()) expect(found.data[i]).toBeCloseTo(value, 5);
    }
    expect(oracle.outputs.length).toBe(1);
  });

  test('without inputs the same numbers are drawn each time', async () => {
    const { path } = files();
    const [a, b] = [await cli('run', path('m')), await cli('run', path('m'))];
    expect(JSON.parse(a.out).outputs[0].dims).toEqual([16, 1, 2]);
    expect(a.out).toBe(b.out);
  });

  test('compares with an oracle: a line per output, the sums, exit code 1 on a failure', async () => {
    const { path, oracle, write } = files();
    const good = await cli('run', path('m'), '--oracle', path('oracle.json'));
    expect([good.code, good.err]).toEqual([0, '']);
    expect(good.out).toMatch(/^ok {3}\d\.\d\de[+-]\d+ output\n1 passed, 0 failed\n$/);
    const [output] = oracle.outputs;
    const wrong = (data: number[], dims = output!.dims) => {
      write('wrong.json', { ...oracle, outputs: [{ ...output, dims, data }] });
      return cli('run', path('m'), '--oracle', path('wrong.json'));
    };
    const most = Math.max(...output!.data.map(Math.abs));
    const off = await wrong(output!.data.map((value, i) => value + (i === 3 ? 3e-4 * most : 0)));
    expect(off.code).toBe(1);
    expect(off.out).toMatch(/^FAIL [23]\.\d\de-4 output\n0 passed, 1 failed\n$/);
    expect((await wrong(output!.data.map((value, i) => value + (i === 3 ? 5e-5 * most : 0)))).code).toBe(0);
    expect((await wrong(output!.data.slice(1), [11])).out).toMatch(
      /^FAIL Infinity output: .*expected \[11\]\n/,
    );
    expect((await wrong([...output!.data.slice(1), Number.NaN])).code).toBe(1);
  });

  test('a graph: inputs and outputs by name, indices and vectors', async () => {
    const path = folder();
    const [text, more] = [u.input({ indices: 5 }), u.input({ features: 2, steps: false })];
    const last = new u.LastStep().apply(new u.GRU(3, 4).apply(new u.Embedding(5, 3).apply(text)).output);
    const y = new u.Linear(6, 2).apply(new u.Concat().apply(last, more));
    const model = new u.Model({ inputs: { text, more }, outputs: { y, last } }, { seed: 2 });
    writeFileSync(path('m'), model.save());
    const expected = model.forward({
      text: { data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] },
      more: { data: [1, 2, 3, 4], shape: [2, 2] },
    });
    const value = (name: string) => ({ name, dims: [2, 4], data: [...expected[name as 'y'].data] });
    const oracle = {
      inputs: [
        { name: 'more', dims: [2, 2], data: [1, 2, 3, 4] },
        { name: 'text', type: 'int64', dims: [2, 2], data: ['1', '2', 3, 4] },
      ],
      outputs: [value('last'), { ...value('y'), dims: [2, 2] }],
    };
    writeFileSync(path('o.json'), JSON.stringify(oracle));
    const { code, out } = await cli('run', path('m'), '--oracle', path('o.json'));
    expect(out).toMatch(/last\n.* y\n2 passed, 0 failed\n$/);
    expect(code).toBe(0);
    expect((await cli('inspect', path('m'))).out).toMatch(/GRU .*gates "r z n"/);
  });

  test('names of outputs do not control the terminal', async () => {
    const path = folder();
    const x = u.input({ features: 2 });
    const model = new u.Model({ inputs: { x }, outputs: { '\x1b[31mred': new u.Linear(2, 1).apply(x) } });
    writeFileSync(path('m'), model.save());
    const inputs = [{ name: 'x', dims: [1, 1, 2], data: [1, 2] }];
    writeFileSync(path('x.json'), JSON.stringify({ inputs, outputs: [{ dims: [1], data: [5] }] }));
    const { out } = await cli('run', path('m'), '--oracle', path('x.json'));
    expect(out).toContain('\\u001b[31mred');
    expect(out).not.toContain('\x1b');
  });

  test('JSON as Python writes it: NaN and Infinity; a value by itself', async () => {
    const { path, oracle } = files();
    const { dims, data } = oracle.inputs[0]!;
    const numbers = ['NaN', '-Infinity', ...data.slice(2)].join(', ');
    writeFileSync(
      path('python.json'),
      `{"inputs": [{"name": "NaN, x", "dims": [${dims}], "data": [${numbers}]}]}`,
    );
    const { code, out } = await cli('run', path('m'), '--inputs', path('python.json'));
    expect([code, JSON.parse(out).outputs[0].data[0]]).toEqual([0, 'NaN']);
    writeFileSync(path('one.json'), JSON.stringify(oracle.inputs[0]));
    expect((await cli('run', path('m'), '--inputs', path('one.json'))).code).toBe(0);
  });

  test.each([
    ['{"inputs": [{"na', 'not valid JSON'],
    ['[1, nan]', 'not valid JSON'],
    ['null', 'values by name'],
    ['5', 'values by name'],
    ['{"inputs": null}', 'values by name'],
    ['', 'an empty file'],
  ])('values that are none: %s', async (text, words) => {
    const { path } = files();
    writeFileSync(path('values.json'), text);
    expect(oneLine(await cli('run', path('m'), '--inputs', path('values.json')))).toContain(words);
  });

  // NumPy 2.2: "setting an array element with a sequence … inhomogeneous shape"
  test.each([
    ['[[[1, 2]], [[3]], [[4, 5, 6]]]', 'x[1][0]: expected a list of 2, as before it, got a list of 1'],
    ['[[[1, 2]], 3, [[4, 5]]]', 'x[1]: expected a list of 1, as before it, got a number'],
    ['{"x": [[1, 2], [3, [4]]]}', 'x[1][1]: expected a number, as before it, got a list of 1'],
    ['{"data": [1, 2], "type": "foo", "dims": [1, 2]}', 'type: expected float16, bfloat16, float32'],
    [
      '{"data": [1, 3.7], "type": "int32", "dims": [1, 2]}',
      'data[1]: expected a number of type int32, got 3.7',
    ],
    [
      '{"data": [1, -1], "type": "uint8", "dims": [1, 2]}',
      'data[1]: expected a number of type uint8, got -1',
    ],
    ['{"data": [1, 2], "type": "bool", "dims": [1, 2]}', 'data[1]: expected a number of type bool, got 2'],
    ['{"data": ["NaN"], "type": "int64"}', 'data[0]: expected a number of type int64, got NaN'],
  ])('lists of several lengths, and numbers that are not of the type: %s', async (text, words) => {
    const { path } = files();
    writeFileSync(path('values.json'), text);
    expect(oneLine(await cli('run', path('m'), '--inputs', path('values.json')))).toContain(words);
  });

  test('types of expected outputs have no effect', async () => {
    const { path, oracle } = files();
    const outputs = oracle.outputs.map((output) => ({ ...output, type: 'INT64' }));
    writeFileSync(path('oracle.json'), JSON.stringify({ ...oracle, outputs }));
    expect((await cli('run', path('m'), '--oracle', path('oracle.json'))).code).toBe(0);
  });

  test('indices are integers: none is wrapped or truncated', async () => {
    const path = folder();
    const model = new u.Sequential([new u.Embedding(5, 3), new u.Linear(3, 5)], { seed: 1 });
    writeFileSync(path('m'), model.save());
    const run = (text: string) => {
      writeFileSync(path('x.json'), text);
      return cli('run', path('m'), '--inputs', path('x.json'));
    };
    for (const [text, words] of [
      [
        '{"x": {"data": [1099511627776], "type": "int64"}}',
        'input x[0]: expected a 32-bit integer, got 1099511627776',
      ],
      ['[1, 2.5, 3]', 'input x[1]: expected a 32-bit integer, got 2.5'],
      ['[[NaN], [1]]', 'input x[0]: expected a 32-bit integer, got NaN'],
      ['[300]', 'expected an index in 0..4, got 300'],
    ] as const)
      expect(oneLine(await run(text))).toContain(words);
    expect(JSON.parse((await run('{"data": [1, 2], "type": "float64"}')).out).outputs[0].dims).toEqual([
      2, 1, 5,
    ]);
  });

  test('a model of Keras says what shape it takes in the layout of the file', async () => {
    const { path, write } = files();
    await cli('convert', path('m'), path('made.json'));
    write('x.json', { x: { dims: [2, 3, 1], data: [1, 2, 3, 4, 5, 6] } });
    const line = oneLine(await cli('run', path('made.json'), '--inputs', path('x.json')));
    expect(line).toMatch(/expected \[any, any, 2\], got \[2, 3, 1\]/);
  });

  test('what can not run, and inputs that do not fit, say why in one line', async () => {
    const { path, write } = files();
    writeFileSync(path('t.pt'), await readFixtureFile('torch/state.pt'));
    expect(oneLine(await cli('run', path('t.pt')))).toContain("can't run");
    write('none.json', []);
    write('two.json', { inputs: [1, 2].map((name) => ({ name: `${name}`, dims: [1], data: [0] })) });
    write('text.json', { x: { dims: [1], data: ['a'] } });
    write('dims.json', { x: { dims: [2], data: [1] } });
    write('rank.json', { x: { dims: [1], data: [1] } });
    for (const name of ['none', 'two', 'text', 'dims', 'rank']) {
      const outcome = await cli('run', path('m'), '--inputs', path(`${name}.json`));
      expect([name, outcome.code]).toEqual([name, 1]);
      oneLine(outcome);
    }
    writeFileSync(path('x.npy'), npy([1, 2], [3]));
    expect(oneLine(await cli('run', path('m'), '--inputs', path('x.npy')))).toContain('npy: shape');
    expect(oneLine(await cli('run', path('m'), '--oracle', path('x.npy')))).toContain('npy');
  });
});

describe('convert', () => {
  test('PyTorch to safetensors: tensors and values', async () => {
    const path = folder();
    writeFileSync(path('t.tar'), await readFixtureFile('torch/checkpoint.tar'));
    const { code, out } = await cli('convert', path('t.tar'), path('t.safetensors'));
    expect([code, out]).toEqual([0, expect.stringContaining('PyTorch (zip)')]);
    const { readFileSync } = await import('node:fs');
    const { tensors, metadata } = parseSafetensors(readFileSync(path('t.safetensors')));
    expect(tensors.get('emb.weight')!.shape).toEqual([11, 4]);
    expect(metadata.epoch).toBe('7');
  });

  test('formats that are not written, and the file itself, are refused before a byte is written', async () => {
    const { path } = files();
    expect(oneLine(await cli('convert', path('m'), path('m.gguf')))).toContain('.safetensors');
    expect(oneLine(await cli('convert', path('m'), path('m')))).toContain('file to read');
  });
});

describe('convert of a file with rows first', () => {
  test('its ONNX file has rows first, too, and gives the same outputs', async () => {
    const { path } = files();
    expect((await cli('convert', path('m'), path('m.json'))).code).toBe(0);
    expect((await cli('convert', path('m.json'), path('m.onnx'))).code).toBe(0);
    const values = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
    const inputs = [{ name: 'x', type: 'float32', dims: [3, 5, 2], data: [...values] }];
    writeFileSync(path('x.json'), JSON.stringify({ inputs }));
    const { outputs } = JSON.parse((await cli('run', path('m.json'), '--inputs', path('x.json'))).out);
    expect(outputs[0].dims).toEqual([3, 5, 2]);
    writeFileSync(path('oracle.json'), JSON.stringify({ inputs, outputs }));
    const { code, out } = await cli('run', path('m.onnx'), '--oracle', path('oracle.json'));
    expect([code, out]).toEqual([0, expect.stringContaining('1 passed, 0 failed')]);
  });
});

describe('inspect --json', () => {
  test('an ONNX file whose weights are Constant nodes: they are parameters, shapes are not', async () => {
    const path = folder();
    const bytes = (numbers: Float32Array | BigInt64Array) => new Uint8Array(numbers.buffer);
    const w = { dims: [2, 3], dataType: 1, rawData: bytes(new Float32Array(6).fill(1)) };
    const shape = { dims: [2], dataType: 7, rawData: bytes(BigInt64Array.of(-1n, 2n)) };
    const constant = (name: string, t: unknown) => ({
      opType: 'Constant',
      output: [name],
      attribute: [{ name: 'value', type: 4, t }],
    });
    const node = [
      constant('w', w),
      constant('shape', shape),
      { opType: 'Reshape', input: ['x', 'shape'], output: ['rows'] },
      { opType: 'MatMul', input: ['rows', 'w'], output: ['y'] },
    ];
    writeFileSync(path('m.onnx'), model({ node, input: [port('x', ['n', 2])], output: [port('y')] }));
    const found = JSON.parse((await cli('inspect', path('m.onnx'), '--json')).out);
    expect(found.parameters).toBe(6);
    expect(found.tensors).toContainEqual({ name: 'w', dtype: 'F32', shape: [2, 3] });
  });

  test('has what the text has', async () => {
    const path = folder();
    writeFileSync(path('t.pt'), await readFixtureFile('torch/module.pt'));
    const { out } = await cli('inspect', path('t.pt'), '--json');
    const found = JSON.parse(out);
    expect(found.format).toBe('PyTorch (zip)');
    expect(found.layers[1]).toEqual({
      name: 'lstm',
      type: 'LSTM',
      config: { inputSize: 4, hiddenSize: 5, numLayers: 2, bidirectional: true, gates: 'i f g o' },
    });
    expect(found.tensors.length).toBe(21);
    expect(found.parameters).toBe(
      found.tensors.reduce(
        (sum: number, { shape }: { shape: number[] }) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      ),
    );
    expect(JSON.stringify(found.sections)).toContain('__main__.Tagger');
  });
});
