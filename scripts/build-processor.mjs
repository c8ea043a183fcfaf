// Bundles the processor of the AudioWorklet into one file: bundlers copy it as it is, and a worklet loads no packages.
import { join } from 'node:path';
import { build } from 'rolldown';
import { root } from './tools.mjs';

export async function buildProcessor() {
  await build({
    input: join(root, 'src/audio/processor.ts'),
    platform: 'neutral',
    output: {
      file: join(root, 'dist/audio/processor.js'),
      format: 'esm',
      minify: true,
      sourcemap: true,
      codeSplitting: false,
    },
    onLog(_, { message }) {
      throw new Error(`rolldown: ${message}`);
    },
  });
}
