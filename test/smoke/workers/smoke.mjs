// Workers of a page: a module worker, a classic one that imports when it runs, a classic one bundled to one script.
import { openBundled } from '../lib/page.mjs';

export async function run({ project, same }) {
  const [module, classic, bundled] = await openBundled(project);
  same('module worker', module);
  same('classic worker', classic);
  same('classic worker of one script', bundled);
}
