import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
// @ts-expect-error a program without types
import { frames, MODELS } from '../../bench/sileroModels.mjs';
import { init } from '../../src/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';

interface Own {
  readonly file: string;
  readonly context: number;
  readonly states: Readonly<Record<string, string>>;
  readonly shape: readonly number[];
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));

/** What onnxruntime-node gave (bench/sileroOutputs.mjs). */
const outputs: Readonly<Record<string, string>> = JSON.parse(
  read('test/fixtures/silero/outputs.json').toString(),
);

beforeAll(async () => {
  await init();
});

test.each<readonly [string, Own]>(MODELS.map((own: Own) => [own.file, own]))(
  '%s streams 1,000 calls as in ONNX Runtime',
  async (file, { context, states, shape }) => {
    const expected = new Float32Array(Uint8Array.from(Buffer.from(outputs[file]!, 'base64')).buffer);
    const session = await loadOnnx(read(`node_modules/@ricky0123/vad-web/dist/${file}`), {
      shapes: {
        input: [1, context + 512],
        ...Object.fromEntries(Object.values(states).map((name) => [name, shape])),
      },
    });
    const stream = session.stream({ states });
    let worst = 0;
    let spoken = 0;
    let call = 0;
    for (const x of frames(context, expected.length)) {
      const p = Number(stream.step({ input: x, sr: [16_000] }).output!.data[0]);
      worst = Math.max(worst, Math.abs(p - expected[call++]!));
      if (p > 0.9) spoken++;
    }
    expect(call).toBe(1000);
    expect(worst).toBeLessThan(1e-4);
    expect(spoken).toBeGreaterThan(100);
  },
);
