// One minified file of a module and all it imports.
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './tools.mjs';

/** Bundles a file of the project; `output` as rolldown takes it. Gives the chunk, written where `output.file` says. */
export async function bundle(input, output, options = {}) {
  const build = await rolldown({
    input: join(root, input),
    platform: 'neutral',
    // as the compiler's: Node 20 knows no `using`
    transform: { target: 'es2022' },
    // told on a busy machine only
    checks: { pluginTimings: false },
    onLog(_, { message }) {
      throw new Error(`rolldown: ${message}`);
    },
    ...options,
  });
  const how = {
    format: 'esm',
    minify: true,
    comments: { annotation: false },
    codeSplitting: false,
    ...output,
  };
  const { output: chunks } = await (how.file ? build.write(how) : build.generate(how));
  await build.close();
  return chunks[0];
}
