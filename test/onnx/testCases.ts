import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { errorOf, readCases, runCase } from './cases.ts';

// Results in float16 are rounded where they are stored only: ONNX rounds each one
const LIMITS: Readonly<Record<string, number>> = { float16: 3e-3 };

interface Exceptions {
  /** Cases that are refused: a word of the message by the start of the name. */
  readonly refused?: Readonly<Record<string, RegExp>>;
  /** Largest errors by the end of the name. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** Tests that run the cases of a file. */
export async function testCases(set: string, { refused = {}, limits = {} }: Exceptions = {}): Promise<void> {
  const cases = await readCases(set);
  const refusal = (name: string) => Object.entries(refused).find(([start]) => name.startsWith(start))?.[1];
  const limitOf = (name: string) => Object.entries(limits).find(([end]) => name.endsWith(end))?.[1] ?? 1e-5;

  beforeAll(async () => {
    await init();
  });

  describe(`${set} cases`, () => {
    test('are many', () => {
      expect(cases.length).toBeGreaterThan(10);
    });

    test.each(cases.filter(({ name }) => !refusal(name)).map((own) => [own.name, own] as const))(
      '%s',
      async (name, own) => {
        const session = await loadOnnx(own.model);
        const results = runCase(session, own);
        for (const [i, { name: output }] of session.outputs.entries()) {
          const expected = own.outputs[i]!;
          expect(results[output]!.shape).toEqual(expected.shape);
          const limit = LIMITS[expected.dtype] ?? limitOf(name);
          expect(errorOf(results[output]!.data, expected)).toBeLessThan(limit);
        }
        // a second run finds the memory as the first one left it
        const again = runCase(session, own);
        for (const { name: output } of session.outputs)
          expect(again[output]!.data).toEqual(results[output]!.data);
        session.dispose();
      },
    );

    const others = cases.filter(({ name }) => refusal(name)).map((own) => [own.name, own] as const);
    test.runIf(others.length).each(others)('%s is refused', async (name, own) => {
      const run = async () => runCase(await loadOnnx(own.model), own);
      await expect(run()).rejects.toThrow(FormatError);
      await expect(run()).rejects.toThrow(refusal(name));
    });
  });
}
