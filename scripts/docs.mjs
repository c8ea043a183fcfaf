// npm run docs: the API reference and the guides as HTML in docs/api, or in `--out FOLDER`, by typedoc in docs/typedoc with the
// TypeScript that it supports. Warnings are errors: broken links, public names without a comment or not exported.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStale } from './dist.mjs';
import { npm } from './npm.mjs';
import { node, root } from './tools.mjs';

const here = join(root, 'docs/typedoc');
if (isStale() && node('scripts/build.mjs') !== 0) process.exit(1);
if (!existsSync(join(here, 'node_modules'))) {
  npm(['ci', '--prefix', here, '--no-audit', '--no-fund', '--loglevel=error']);
}
const entryPoints = entries().flatMap((path) => ['--entryPoints', path]);
const config = join(here, 'typedoc.json');
const typedoc = join(here, 'node_modules/typedoc/bin/typedoc');
process.exit(node(typedoc, ['--options', config, ...entryPoints, ...process.argv.slice(2)]));

/** The sources of what package.json exports; audio/processor gives no names. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([name, { types }]) => types && name !== './audio/processor')
    .map(([, { types }]) => join(root, types.replace('./dist/', 'src/').replace('.d.ts', '.ts')));
}
