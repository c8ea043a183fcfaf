import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from './helper.ts';

/**
 * Models that people made, in a folder that is not part of the repository: index.json lists them as
 * [{ path, oracle?, format }], oracles are { inputs, outputs } of the file's own runtime.
 */
const folder = process.env.UNROLLED_MODELS;

interface Listed {
  readonly path: string;
  readonly format: string;
  readonly oracle?: string;
}

/** Files that are parts of others, and formats that are not read. */
const LEFT_OUT = /^(raw|json)$|^ICU|weight dump/;

if (folder === undefined || !existsSync(join(folder, 'index.json'))) {
  console.warn('SKIPPED: models of other runtimes. UNROLLED_MODELS=FOLDER names the folder that has them.');
  describe.skip('models of other runtimes (UNROLLED_MODELS)', () => test('no folder', () => {}));
} else {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Listed[];
  const files = index.filter(({ format }) => !LEFT_OUT.test(format));
  const at = ({ path }: Listed) => join(folder, path);

  describe('models of other runtimes', () => {
    test.each(files.filter(({ oracle }) => oracle))(
      '$path gives what its own runtime gives',
      async (file) => {
        const { code, out, err } = await cli('run', at(file), '--oracle', join(folder, file.oracle!));
        expect({ out, err }).toEqual({ out: expect.stringMatching(/\d+ passed, 0 failed\n$/), err: '' });
        expect(code).toBe(0);
      },
    );

    test.each(files)('$path can be inspected', async (file) => {
      const { code, out, err } = await cli('inspect', at(file), '--json');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const { parameters, sections } = JSON.parse(out);
      // weights may be constants in the nodes of an ONNX graph
      expect(parameters || sections).toBeTruthy();
    });
  });
}
