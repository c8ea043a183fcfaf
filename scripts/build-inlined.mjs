// Modules that hold a script as text, deflated in base64 as the kernels are: a worker or a worklet whose file a bundler
// did not copy is made from it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { bundle } from './bundle.mjs';
import { root } from './tools.mjs';

/** In their order: the others hold the first one. */
const SCRIPTS = {
  // small, and what starts it must need nothing of the rest, so that threads are a chunk of their own
  'src/wasm/threads/generated/threadHost.ts': {
    input: 'src/wasm/threads/host.ts',
    format: 'iife',
    raw: true,
  },
  'src/worker/generated/host.ts': { input: 'src/worker/host.ts', format: 'iife', name: 'unrolledWorker' },
  'src/audio/generated/processor.ts': { input: 'src/audio/processor.ts', format: 'iife' },
};

/** A script made from text has no address: it can't load a file next to it. */
const NOWHERE = { transform: { target: 'es2022', define: { 'import.meta.url': 'undefined' } } };

export async function buildInlined() {
  for (const [path, { input, raw, ...output }] of Object.entries(SCRIPTS)) {
    const { code } = await bundle(input, output, NOWHERE);
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    const text = raw ? code : deflateRawSync(code, { level: 9 }).toString('base64');
    await writeFile(file, `export default ${JSON.stringify(text)} as string;\n`);
  }
}
