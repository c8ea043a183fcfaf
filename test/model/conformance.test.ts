import { describe, expect, test } from 'vitest';
import { verify } from '../../src/cli/verify/verify.ts';
import { FormatError, init } from '../../src/index.ts';
import { FIXTURES, readFixture } from '../fixtures/read.ts';
import { kernelBuilds, thrown } from './helpers.ts';

describe('conformance with PyTorch', () => {
  for (const kernels of kernelBuilds) {
    test.each(FIXTURES)(`${kernels}: %s`, async (name) => {
      const runtime = await init({ kernels });
      expect(runtime.kernels).toBe(kernels);
      const { ok, errors } = verify(await readFixture(name));
      expect(ok, JSON.stringify(errors)).toBe(true);
    });
  }

  test('an option that no layer has is refused by name', async () => {
    await init();
    const bytes = (await readFixture('lstm-plain')).slice();
    const text = new TextDecoder('latin1').decode(bytes).replace('\\"hiddenSize\\"', '\\"hiddenSlze\\"');
    const changed = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const error = thrown(() => verify(changed));
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(/option hiddenSlze\b/);
  });

  test('every kind of case is there', () => {
    expect(FIXTURES.length).toBe(59);
  });

  test('a wrong expectation is noticed', async () => {
    await init();
    const bytes = (await readFixture('lstm-plain')).slice();
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    for (const name of ['expect.output', 'grad.weight_hh_l0']) {
      const changed = bytes.slice();
      const at = 8 + length + header[name].data_offsets[0];
      const view = new DataView(changed.buffer);
      view.setFloat64(at, view.getFloat64(at, true) + 1e-2, true);
      expect(verify(changed).ok, name).toBe(false);
    }
  });
});
