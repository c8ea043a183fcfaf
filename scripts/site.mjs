// npm run site: one static folder, site/: the demo page, and in docs/ the guides, the reference, benchmarks and examples. Fails
// where a link of a page, or a file it loads, leads nowhere.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSite } from './siteLinks.mjs';
import { node, root } from './tools.mjs';

const site = join(root, 'site');
rmSync(site, { recursive: true, force: true });
// the page has a link to the guides next to it
process.env.SITE_GUIDES = './docs/index.html';
must(node('scripts/demo.mjs', ['--build']));
cpSync(join(root, 'demo/dist'), site, { recursive: true });
must(node('scripts/docs.mjs', ['--out', join(site, 'docs')]));
linkToDemo(join(site, 'docs'));
const { pages, faults } = checkSite(site);
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`site/: ${pages} pages, every link leads to a file of it`);

/** In the bar at the top of each page below `folder`, a link to the demo page above it. */
function linkToDemo(folder) {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.html')) continue;
    const path = join(folder, file);
    const demo = `${'../'.repeat(file.split(/[\\/]/).length)}index.html`;
    const links = '<div id="tsd-toolbar-links">';
    writeFileSync(path, readFileSync(path, 'utf8').replace(links, `${links}<a href="${demo}">Demo</a>`));
  }
}

function must(code) {
  if (code) process.exit(code);
}
