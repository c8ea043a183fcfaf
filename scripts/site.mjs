// npm run site: one static folder, site/: the demo page, and in docs/ the guides, the reference, benchmarks and examples. Fails
// where a link of a page leads nowhere.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { node, root } from './tools.mjs';

const site = join(root, 'site');
rmSync(site, { recursive: true, force: true });
// the page has a link to the guides next to it
process.env.SITE_GUIDES = './docs/index.html';
must(node('scripts/demo.mjs', ['--build']));
cpSync(join(root, 'demo/dist'), site, { recursive: true });
must(node('scripts/docs.mjs', ['--out', join(site, 'docs')]));
const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.html'),
);
const dead = files.flatMap((file) => deadLinks(join(site, file)));
if (dead.length > 0) {
  console.error(dead.join('\n'));
  process.exit(1);
}
console.log(`site/: ${files.length} pages, every link leads to a file of it`);

/** Relative links of an HTML file that lead to no file. */
function deadLinks(file) {
  const text = readFileSync(file, 'utf8').replace(
    /<(script|style)\b[^>]*>[\s\S]*?<\/\1>|<pre>[\s\S]*?<\/pre>/g,
    '',
  );
  const links = [...text.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link]) => link);
  return links
    .map((link) => link.replace(/[?#].*$/, ''))
    .filter((link) => link !== '' && !/^([a-z]+:|\/\/)/.test(link) && !leads(file, decodeURI(link)))
    .map((link) => `${relative(site, file)}: no ${link}`);
}

function leads(file, link) {
  const path = link.startsWith('/') ? join(site, link) : join(dirname(file), link);
  return existsSync(
    statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'index.html') : path,
  );
}

function must(code) {
  if (code) process.exit(code);
}
