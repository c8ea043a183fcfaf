// Every block of `js` in the README, in docs/training.md and in the guides runs in a project that has only the tarball, and
// prints what stands behind its `// → `.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocks, misprint } from '../lib/documents.mjs';
import { run as exec } from '../lib/shell.mjs';

/** What a guide says to install besides. */
export const packages = ['@tensorflow/tfjs'];

export async function run({ project, note }) {
  const folder = join(project, 'node_modules/unrolled');
  const guides = readdirSync(join(folder, 'docs/guides')).map((name) => `docs/guides/${name}`);
  let count = 0;
  for (const file of ['README.md', 'docs/training.md', ...guides]) {
    for (const { title, code } of blocks(readFileSync(join(folder, file), 'utf8'), 'js')) {
      const script = join(project, `${count++}.mjs`);
      writeFileSync(script, code);
      const wrong = misprint(code, exec(process.execPath, [script], { cwd: project }));
      if (wrong) throw new Error(`${file}, ${title}: ${wrong}`);
    }
  }
  note(`${count} blocks`);
}
