import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSafetensors, serializeSafetensors, type TensorInput } from '../../src/io/index.ts';
import { cli, folder, oneLine } from './helper.ts';

const fixture = (name: string) => `test/fixtures/${name}.safetensors`;
const last = (out: string) => out.trimEnd().split('\n').at(-1);

/** Writes a fixture changed by `change`; gives its path. */
function changed(name: string, change: (file: ReturnType<typeof parseSafetensors>) => void): string {
  const file = parseSafetensors(readFileSync(fixture(name)));
  change(file);
  const path = folder()(`${name}.safetensors`);
  writeFileSync(path, serializeSafetensors(file.tensors as Iterable<[string, TensorInput]>, file.metadata));
  return path;
}

describe('verify', () => {
  test.each(['simd', 'relaxed'])('prints a line a file and the sums: %s', async (kernels) => {
    const files = ['rnn-plain', 'lstm-state', 'gru-stack3', 'train-lstm-rmsprop-carry'].map(fixture);
    const { code, out, err } = await cli('verify', ...files, '--kernels', kernels);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    for (const [i, file] of files.entries()) {
      expect(lines[i]).toMatch(/^ok {4}\S+ {2}outputs \d\.\de[+-]\d+, gradients \d\.\de[+-]\d+$/);
      expect(lines[i]).toContain(file);
    }
    expect(lines[4]).toBe('4 passed, 0 failed');
  });

  test.each(['expect.output', 'expect.h_n', 'grad.input', 'grad.weight_hh_l0'])(
    'fails on another %s',
    async (name) => {
      const file = changed('lstm-plain', ({ tensors }) => {
        const { data } = tensors.get(name)!;
        (data as Float64Array)[0]! += 1e-3;
      });
      const { code, out } = await cli('verify', fixture('lstm-plain'), file);
      expect(code).toBe(1);
      expect(out).toMatch(new RegExp(`^FAIL {2}${file} {2}outputs .*, gradients `, 'm'));
      expect(last(out)).toBe('1 passed, 1 failed');
    },
  );

  test.each(['expect.param.linear.weight', 'expect.losses'])(
    'fails on another %s of a training',
    async (name) => {
      const file = changed('train-lstm-adam', ({ tensors }) => {
        const { data } = tensors.get(name)!;
        (data as Float64Array)[0]! += 1e-2;
      });
      expect((await cli('verify', file)).out).toMatch(/^FAIL[\s\S]*\n0 passed, 1 failed\n$/);
    },
  );

  test('a file of another kind is named as by the other commands', async () => {
    const path = folder()('t');
    writeFileSync(path, 'a text');
    const { code, out } = await cli('verify', path);
    expect([code, out.split('\n')[0]]).toEqual([
      1,
      `FAIL  ${path}  expected a safetensors file, but this looks like plain text`,
    ]);
  });

  test('an option or cell that is not known is a failure, and the line says why', async () => {
    const edit = (change: object) =>
      changed('gru-plain', ({ metadata }) => {
        metadata.config = JSON.stringify({ ...JSON.parse(metadata.config!), ...change });
      });
    for (const [change, why] of [
      [{ wobble: 3 }, 'unknown option wobble = 3'],
      [{ cell: 'quux' }, 'unknown option cell = "quux"'],
      [{ kind: 'dance' }, 'unknown kind "dance"'],
    ] as const) {
      const { code, out } = await cli('verify', edit(change));
      expect(code).toBe(1);
      expect(out).toMatch(/^FAIL/);
      expect(out).toContain(why);
      expect(last(out)).toBe('0 passed, 1 failed');
    }
  });

  test.each(['expect.output', 'grad.input', 'grad.bias_ih_l0'])(
    'a fixture without %s is a failure',
    async (name) => {
      const file = changed('lstm-plain', ({ tensors }) => tensors.delete(name));
      const { out } = await cli('verify', file);
      expect(out).toContain(`tensor ${name}`);
      expect(last(out)).toBe('0 passed, 1 failed');
    },
  );

  test('a file that is missing or no fixture is a failure, and the others are still run', async () => {
    const path = folder();
    writeFileSync(path('text'), 'no fixture');
    const { code, out } = await cli('verify', path('missing'), path('text'), fixture('rnn-plain'));
    expect(code).toBe(1);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`FAIL  ${path('missing')}  no such file`);
    expect(lines[1]).toContain(`FAIL  ${path('text')}  `);
    expect(lines[2]).toMatch(/^ok/);
    expect(lines[3]).toBe('1 passed, 2 failed');
  });

  test('needs a file, and kernels that exist', async () => {
    const none = await cli('verify');
    expect([none.code, oneLine(none)]).toEqual([2, "missing required argument 'FILE'"]);
    const fast = await cli('verify', fixture('rnn-plain'), '--kernels', 'fast');
    expect(fast.code).toBe(2);
    expect(oneLine(fast)).toContain('Allowed choices are simd, relaxed');
  });
});
