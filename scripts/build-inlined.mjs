// Modules that hold a script as text, deflated in base64 as the kernels are: a worker or a worklet whose file a bundler
// did not copy is made from it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { bundle } from './bundle.mjs';
import { root } from './tools.mjs';

const SCRIPTS = {
  'src/worker/generated/host.ts': { input: 'src/worker/host.ts', format: 'iife', name: 'unrolledWorker' },
  'src/audio/generated/processor.ts': { input: 'src/audio/processor.ts', format: 'iife' },
};

export async function buildInlined() {
  for (const [path, { input, ...output }] of Object.entries(SCRIPTS)) {
    const { code } = await bundle(input, output);
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    const text = deflateRawSync(code, { level: 9 }).toString('base64');
    await writeFile(file, `export default '${text}' as string;\n`);
  }
}
