import { beforeAll, expect, test } from 'vitest';
import { AdamW, init, Linear, Sequential } from '../../src/index.ts';
import { saveOnnx } from '../../src/onnxWriter/index.ts';
import { quantize } from '../../src/quant/index.ts';
import { saveTfjs } from '../../src/tfjsWriter/index.ts';

beforeAll(() => init({ kernels: 'simd' }));

/** An object with the same members whose classes are others, as those of a second copy of the package. */
function copied<T extends object>(value: T): T {
  const members = {};
  for (let of: object = value; of !== Object.prototype; of = Object.getPrototypeOf(of))
    Object.defineProperties(members, {
      ...Object.getOwnPropertyDescriptors(of),
      ...Object.getOwnPropertyDescriptors(members),
    });
  return Object.create(members) as T;
}

test('what another copy of the package made is refused as such', () => {
  const model = new Sequential([new Linear(1, 1)]);
  const message = 'model: expected a Sequential or a Model, got one of another copy of unrolled';
  for (const take of [quantize, saveOnnx, saveTfjs])
    expect(() => take(copied(model) as never)).toThrow(message);
});

test('another thing of the same copy is not', () => {
  for (const wrong of [new Linear(1, 1), new AdamW(), {}, 5, null])
    expect(() => quantize(wrong as never)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('copy') }),
    );
});
