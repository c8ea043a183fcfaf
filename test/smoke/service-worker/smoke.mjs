// Service workers, which forbid import(): a module one with unrolled/slim, a classic one bundled to one script.
import { openBundled } from '../lib/page.mjs';

export async function run({ project, same }) {
  const [slim, bundled] = await openBundled(project);
  same('module, unrolled/slim', slim);
  same('classic, one script', bundled);
}
