import { beforeAll, describe, expect, test } from 'vitest';
import { arrayKind } from '../../src/arrayKind.ts';
import { ArgumentError, Embedding, init, Linear, Sequential } from '../../src/index.ts';
import { Arena } from '../../src/kernels/index.ts';

beforeAll(() => init());

type Realm = Pick<typeof globalThis, 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8ClampedArray'>;

/** Classes of another realm: of a `vm` context, or of an iframe. */
async function otherRealm(): Promise<Realm> {
  const names = ['Float32Array', 'Float64Array', 'Int32Array', 'Uint8ClampedArray'];
  if (typeof document === 'undefined') {
    const { runInNewContext } = await import('node:vm');
    return runInNewContext(`({ ${names} })`) as Realm;
  }
  const frame = document.body.appendChild(document.createElement('iframe'));
  return frame.contentWindow as unknown as Realm;
}

const table = () => new Sequential([new Embedding(4, 2), new Linear(2, 2)]);

describe('typed arrays of another realm', () => {
  test('are no instances of this one’s classes, and are told', async () => {
    const other = await otherRealm();
    const floats = new other.Float32Array([0.5, 1.5]);
    expect(floats).not.toBeInstanceOf(Float32Array);
    expect(arrayKind(floats)).toBe('Float32Array');
    expect(arrayKind(new other.Uint8ClampedArray(1))).toBe('Uint8ClampedArray');
  });

  test('floats are refused as indices', async () => {
    const other = await otherRealm();
    for (const data of [new other.Float32Array([0.5, 1.5]), new other.Float64Array([0.5, 1.5])]) {
      expect(() => table().forward({ data, shape: [2, 1] })).toThrow(ArgumentError);
    }
  });

  test('integers are indices, numbers are features', async () => {
    const other = await otherRealm();
    const model = table();
    const want = model.forward(Int32Array.of(1, 3));
    expect(model.forward(new other.Int32Array([1, 3]))).toEqual(want);
    expect(model.forward(new other.Uint8ClampedArray([1, 3]))).toEqual(want);
    const linear = new Sequential([new Linear(2, 1)]);
    const got = linear.forward(new other.Float64Array([0.25, 3]) as unknown as Float64Array);
    expect(got).toEqual(linear.forward([0.25, 3]));
  });

  test('an arena stores integers as integers', async () => {
    const other = await otherRealm();
    const arena = new Arena(1024);
    const region = arena.put(new other.Int32Array([1, -2]));
    expect([...arena.i32(region)]).toEqual([1, -2]);
    expect([...arena.f32(arena.put(new other.Float32Array([1, -2])))]).toEqual([1, -2]);
  });
});

describe('other kinds', () => {
  test.runIf('Float16Array' in globalThis)('Float16Array holds floats', () => {
    const Half = (globalThis as unknown as { Float16Array: Float32ArrayConstructor }).Float16Array;
    expect(() => table().forward(new Half([0.5, 1.5]))).toThrow(ArgumentError);
    const linear = new Sequential([new Linear(2, 1)]);
    expect(linear.forward(new Half([0.25, 3]))).toEqual(linear.forward([0.25, 3]));
  });

  test('shared memory', () => {
    // pages that are not isolated have no SharedArrayBuffer by name
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const shared = new Int32Array(buffer, 0, 2);
    shared.set([1, 3]);
    expect(table().forward(shared)).toEqual(table().forward([1, 3]));
    expect(() => table().forward(new Float32Array(buffer, 0, 2))).toThrow(ArgumentError);
  });

  test.each<[string, unknown]>([
    ['bigints', BigInt64Array.of(1n)],
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['an object that says it is one', { [Symbol.toStringTag]: 'Int32Array', length: 1, 0: 1 }],
    ['a Proxy of one', new Proxy(Int32Array.of(1), {})],
  ])('%s', (_, data) => {
    expect(() => table().forward(data as never)).toThrow(ArgumentError);
    expect(() => new Arena(1024).put(data as never)).toThrow(ArgumentError);
  });
});
