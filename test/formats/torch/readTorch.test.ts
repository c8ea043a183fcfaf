import { inflateSync, unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../../src/errors.ts';
import { readTorch, stateDictOf, type Tensor } from '../../../src/formats/torch/index.ts';
import * as u from '../../../src/index.ts';
import { toFloat32 } from '../../../src/io/index.ts';
import { readFixtureFile } from '../../fixtures/read.ts';
import { zip64 } from '../zip/zip64.ts';

interface Listed {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: (number | string)[];
}
type ByName = Record<string, Listed>;

const read = async (name: string) => readFixtureFile(`torch/${name}`);
const { tensors, models } = JSON.parse(new TextDecoder().decode(await read('expected.json'))) as {
  tensors: Record<string, ByName | string>;
  models: Record<string, { x: Listed; output: Listed }>;
};
const expectedOf = (name: string): ByName => {
  const found = tensors[name]!;
  return typeof found === 'string' ? expectedOf(found) : found;
};
const DTYPES: Record<string, string> = {
  ...{ float32: 'F32', float64: 'F64', float16: 'F16', bfloat16: 'BF16', int64: 'I64', int32: 'I32' },
  ...{ int16: 'I16', int8: 'I8', uint8: 'U8', uint16: 'U16', bool: 'BOOL' },
};
const numbersOf = (tensor: Tensor) =>
  Array.from(
    /F16/.test(tensor.dtype) ? toFloat32(tensor) : (tensor.data as ArrayLike<number | bigint>),
    Number,
  );

describe('a pickle of protocol 0 or 1', () => {
  test.each(['protocol0.pkl', 'protocol1.pt'])('%s: numbers and texts are lines', async (name) => {
    const { values } = readTorch(await read(name));
    expect([...values]).toEqual([
      ['text', 'a "é"\n中\\'],
      ['long', 2 ** 70],
      ['float', -1.5],
      ['list', [true, false, -7]],
    ]);
  });
});

describe('a zip archive that torch.save did not write', () => {
  const members = async (): Promise<Record<string, Uint8Array>> => unzipSync(await read('state.pt'));

  test('is read if it is compressed and inflate is given', async () => {
    const packed = zipSync(await members(), { level: 9 });
    expect(() => readTorch(packed)).toThrow(/compressed/);
    const { tensors } = readTorch(packed, { inflate: (part) => inflateSync(part) });
    expect([...tensors]).toEqual([...readTorch(await read('state.pt')).tensors]);
    expect(() => readTorch(packed, { inflate: () => new Uint8Array(1) })).toThrow(/does not inflate/);
  });

  test('is read if it is of zip64', async () => {
    const large = zip64(zipSync(await members(), { level: 0 }));
    expect([...readTorch(large).tensors]).toEqual([...readTorch(await read('state.pt')).tensors]);
    // where the record is, in the locator
    const broken = large.slice();
    new DataView(broken.buffer).setUint32(large.length - 34, 2 ** 31, true);
    expect(() => readTorch(broken)).toThrow(/zip64/);
  });
});

describe('a file of torch.save', () => {
  test.each(Object.keys(tensors))('%s gives its tensors', async (name) => {
    const expected = expectedOf(name);
    const file = readTorch(await read(name));
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [key, { shape, dtype, data }] of Object.entries(expected)) {
      const tensor = file.tensors.get(key)!;
      expect([key, tensor.shape, tensor.dtype]).toEqual([key, shape, DTYPES[dtype]]);
      const numbers = numbersOf(tensor);
      const wanted = data.map(Number);
      expect(numbers.length).toBe(wanted.length);
      for (const [i, value] of wanted.entries()) {
        if (Number.isFinite(value))
          expect(Math.abs(numbers[i]! - value)).toBeLessThanOrEqual(1e-7 * Math.abs(value));
        else expect(numbers[i]).toBe(value);
      }
    }
  });

  test('knows its form', async () => {
    expect(readTorch(await read('state.pt')).form).toBe('zip');
    expect(readTorch(await read('legacy.pth')).form).toBe('legacy');
  });

  test('a long text among the values is cut', () => {
    // a dict of protocol 2, with 0x1388 characters under "note"
    const codes = `\x80\x02}U\x04noteX\x88\x13\0\0${'a'.repeat(5000)}s.`;
    const file = Uint8Array.from(codes, (code) => code.charCodeAt(0));
    expect(readTorch(file).values.get('note')).toBe('a'.repeat(4096));
  });

  test('a checkpoint gives its values; classes and functions are listed, not called', async () => {
    const { values, ignored, stateDict } = readTorch(await read('checkpoint.tar'));
    expect(values.get('epoch')).toBe(7);
    expect(values.get('sizes')).toEqual([4, 5, 3]);
    expect(values.get('args.hidden')).toBe(5);
    expect(ignored.join()).toMatch(/argparse\.Namespace.*numpy.*scalar/);
    expect(Object.keys(stateDict()).sort()).toEqual(Object.keys(expectedOf('state.pt')).sort());
  });

  test('a module says its class', async () => {
    expect(readTorch(await read('module.pt')).ignored).toContain('__main__.Tagger');
  });

  test('TorchScript is refused by name', async () => {
    const bytes = await read('script.pt');
    expect(() => readTorch(bytes)).toThrow(FormatError);
    expect(() => readTorch(bytes)).toThrow(/TorchScript/);
  });

  test('elements of other types than those of safetensors are left out, and said', async () => {
    expect(readTorch(await read('complex.pt')).ignored).toContain('torch.ComplexFloatStorage');
    // behind the untyped storage stands the name
    expect(readTorch(await read('float8.pt')).ignored).toEqual(['torch.float8_e4m3fn']);
  });

  test('lists the layers that tensors look like', async () => {
    expect(readTorch(await read('state.pt')).groups).toEqual([
      { prefix: 'emb', type: 'Embedding', config: { numEmbeddings: 11, embeddingDim: 4 } },
      {
        prefix: 'lstm',
        type: 'LSTM',
        config: { inputSize: 4, hiddenSize: 5, numLayers: 2, bidirectional: true },
      },
      { prefix: 'norm', type: 'LayerNorm', config: { size: 10 } },
      { prefix: 'fc', type: 'Linear', config: { inFeatures: 10, outFeatures: 3 } },
    ]);
    expect(readTorch(await read('wave.bin')).groups.map(({ type, config }) => [type, config])).toEqual([
      ['Conv1d', { inChannels: 1, outChannels: 6, kernelSize: 3 }],
      ['BatchNorm', { size: 6 }],
      ['GRU', { inputSize: 6, hiddenSize: 4, bias: false }],
      ['RNN', { inputSize: 4, hiddenSize: 3 }],
      ['Linear', { inFeatures: 3, outFeatures: 1, bias: false }],
    ]);
    expect(readTorch(await read('two.pt')).groups.map(({ type, prefix }) => [type, prefix])).toEqual([
      ['Linear', 'generator'],
      ['GRUCell', 'critic'],
    ]);
  });

  test('what is not bytes is refused', () => {
    expect(() => readTorch('model.pt' as never)).toThrow(ArgumentError);
    expect(() => readTorch(new Uint8Array())).toThrow(FormatError);
  });
});

describe('a model with the parameters of a file', () => {
  const compare = (model: u.Sequential | u.Model, name: string, isIndices: boolean) => {
    const { x, output } = models[name]!;
    const data = isIndices ? Int32Array.from(x.data, Number) : Float32Array.from(x.data, Number);
    const result = (model as u.Sequential).forward({ data, shape: x.shape });
    expect(result.shape).toEqual(output.shape);
    const most = Math.max(...output.data.map((v) => Math.abs(Number(v))));
    output.data.forEach((value, i) => {
      expect(Math.abs(result.data[i]! - Number(value))).toBeLessThan(1e-5 * most);
    });
  };

  test('computes what PyTorch does: layers by name', async () => {
    await u.init();
    const layers = [
      new u.Embedding(11, 4),
      new u.LSTM(4, 5, { numLayers: 2, bidirectional: true }),
      new u.LayerNorm(10),
      new u.Linear(10, 3),
    ];
    const model = new u.Sequential(layers);
    const { stateDict } = readTorch(await read('legacy.pth'));
    model.loadStateDict(stateDict({ emb: 0, lstm: 1, norm: 2, fc: 3 }));
    compare(model, 'state.pt', true);
  });

  test('computes what PyTorch does: a graph, and a prefix', async () => {
    await u.init();
    const x = u.input({ features: 2 });
    const y = new u.RNN(4, 3).apply(
      new u.GRU(6, 4, { bias: false }).apply(
        new u.BatchNorm(6).apply(new u.Conv1d(2, 6, 3, { groups: 2 }).apply(x)),
      ).output,
    ).output;
    const model = new u.Model({ inputs: x, outputs: new u.Linear(3, 1, { bias: false }).apply(y) });
    const { stateDict } = readTorch(await read('wrapped.ckpt'));
    model.loadStateDict(stateDict({ conv: 0, bn: 1, gru: 2, rnn: 3, head: 4 }));
    compare(model, 'wave.bin', false);
    const { stateDict: ofTwo } = readTorch(await read('two.pt'));
    new u.Sequential([new u.Linear(2, 2)]).loadStateDict(ofTwo({ generator: 0 }));
    expect(Object.keys(ofTwo('critic.')).sort()).toEqual([
      'bias_hh_l0',
      'bias_ih_l0',
      'weight_hh_l0',
      'weight_ih_l0',
    ]);
  });

  test('computes what PyTorch does: weight_norm in both of its forms', async () => {
    await u.init();
    const model = new u.Sequential([
      new u.Conv1d(2, 4, 3),
      new u.GRU(4, 3),
      new u.Linear(3, 3),
      new u.Linear(3, 2),
    ]);
    const { stateDict } = readTorch(await read('weightNorm.pt'));
    model.loadStateDict(stateDict({ conv: 0, gru: 1, mid: 2, fc: 3 }));
    compare(model, 'weightNorm.pt', false);
    // vectors that only have such names
    expect(Object.keys(stateDict()).filter((name) => /scale/.test(name))).toEqual(['scale_g', 'scale_v']);
    expect(stateDict('mid.').weight!.shape).toEqual([3, 3]);
  });

  test('computes what PyTorch does: spectral_norm in both of its forms, and prune', async () => {
    await u.init();
    const model = new u.Sequential([
      new u.Conv1d(2, 4, 3),
      new u.LSTM(4, 3),
      new u.Linear(3, 5),
      new u.Linear(5, 2),
    ]);
    const { stateDict, groups } = readTorch(await read('hooks.pt'));
    model.loadStateDict(stateDict({ conv: 0, lstm: 1, mid: 2, fc: 3 }));
    compare(model, 'hooks.pt', false);
    expect(Object.keys(stateDict('mid.')).sort()).toEqual(['bias', 'weight']);
    expect(groups.map(({ type, config }) => [type, config])).toEqual([
      ['Conv1d', { inChannels: 2, outChannels: 4, kernelSize: 3 }],
      ['LSTM', { inputSize: 4, hiddenSize: 3 }],
      ['Linear', { inFeatures: 3, outFeatures: 5 }],
      ['Linear', { inFeatures: 5, outFeatures: 2 }],
    ]);
  });

  test('layers of weights in parts are listed as those that they are', async () => {
    const { groups } = readTorch(await read('weightNorm.pt'));
    expect(groups.map(({ type, prefix, config }) => [type, prefix, config])).toEqual([
      ['Conv1d', 'conv', { inChannels: 2, outChannels: 4, kernelSize: 3 }],
      ['GRU', 'gru', { inputSize: 4, hiddenSize: 3 }],
      ['Linear', 'mid', { inFeatures: 3, outFeatures: 3 }],
      ['Linear', 'fc', { inFeatures: 3, outFeatures: 2 }],
    ]);
  });

  test('spectral_norm of the second dimension of a square weight is left in its parts', () => {
    const tensor = (shape: number[], ...data: number[]): Tensor => ({
      dtype: 'F32',
      shape,
      data: Float32Array.from(data),
    });
    // as torch 2.15 updates them: v is the direction of Wᵀu, then u that of Wv
    const weight = tensor([2, 2], 1, 0, 1, 1);
    const first = [tensor([2], 0.525731, 0.850651), tensor([2], 0.850651, 0.525731)] as const;
    const parts = (u: Tensor, v: Tensor) =>
      stateDictOf(
        new Map([
          ['a.weight_orig', weight],
          ['a.weight_u', u],
          ['a.weight_v', v],
        ]),
        'a.',
      );
    const { weight: computed } = parts(...first);
    // σ is the golden ratio
    expect(computed!.data[0]).toBeCloseTo(1 / 1.618034, 5);
    // of Wᵀ both change places
    expect(Object.keys(parts(first[1], first[0])).sort()).toEqual(['weight_orig', 'weight_u', 'weight_v']);
  });

  test('a weight of two parametrizations is left in its parts', () => {
    const tensor = (dtype: 'F32' | 'BOOL', ...shape: number[]): Tensor => {
      const length = shape.reduce((a, b) => a * b);
      const data = dtype === 'F32' ? new Float32Array(length).fill(2) : new Uint8Array(length);
      return { dtype, shape, data } as Tensor;
    };
    const partsOf = (...second: [string, Tensor][]) => {
      const own = ['original0', tensor('F32', 3, 1), 'original1', tensor('F32', 3, 2)] as const;
      const all = [[own[0], own[1]], [own[2], own[3]], ...second] as [string, Tensor][];
      const named = all.map(([name, value]) => [`fc.parametrizations.weight.${name}`, value] as const);
      return Object.keys(stateDictOf(new Map([...named, ['xfc.bias', tensor('F32', 3)]]), 'fc.'));
    };
    expect(partsOf()).toEqual(['weight']);
    // weight_norm, then spectral_norm, of torch 2.15
    const spectral = partsOf(['1._u', tensor('F32', 3)], ['1._v', tensor('F32', 2)]);
    expect(spectral.slice(0, 2)).toEqual(['weight_g', 'weight_v']);
    // numbers that are no parameters
    expect(partsOf(['1.kept', tensor('BOOL', 3, 2)])).toEqual(['weight_g', 'weight_v']);
  });

  test('lengths of weight_norm over another dimension are left as they are', () => {
    const tensor = (...shape: number[]): Tensor => ({
      dtype: 'F32',
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)).fill(2),
    });
    const parts = new Map([
      ['a.weight_g', tensor(1, 4)],
      ['a.weight_v', tensor(4, 4)],
      ['b.weight_g', tensor(3)],
      ['c.weight_g', tensor(2, 1)],
      ['c.weight_v', tensor(2, 4)],
    ]);
    const dict = stateDictOf(parts);
    expect(Object.keys(dict).sort()).toEqual(['a.weight_g', 'a.weight_v', 'b.weight_g', 'c.weight']);
    expect(Array.from(dict['c.weight']!.data)).toEqual(new Array(8).fill(1));
    expect(dict['a.weight_v']!.data).toEqual(parts.get('a.weight_v')!.data);
  });

  test('a prefix that no tensor has is refused', async () => {
    const { stateDict } = readTorch(await read('state.pt'));
    expect(() => stateDict({ gru: 0 })).toThrow(ArgumentError);
  });
});
