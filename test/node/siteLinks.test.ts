import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkSite } from '../../scripts/siteLinks.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unrolled-site-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ICON = '<link rel="icon" href="/icon.svg">';

function site(files: Record<string, string>) {
  for (const [name, text] of Object.entries({ 'icon.svg': '<svg id="a"></svg>', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return checkSite(folder);
}

test('links, pictures, scripts, styles and what styles name', () => {
  const page = (body: string) => `<head>${ICON}</head><body>${body}</body>`;
  const whole = page(
    '<h1 id="top">a</h1><a href="b/#x&amp;y">b</a><a href="https://example.com">c</a><img src="icon.svg"><svg><use href="icon.svg#a"/></svg>',
  );
  const files = { 'index.html': whole, 'b/index.html': page('<p id="x&amp;y"></p><a href="../#top">a</a>') };
  expect(site(files)).toEqual({ pages: 2, faults: [] });
});

test.each([
  ['a page', '<a href="no.html">a</a>', 'no.html'],
  ['an id of the same page', '<a href="#no">a</a>', '#no'],
  ['an id of another file', '<svg><use href="icon.svg#no"/></svg>', 'icon.svg#no'],
  ['a picture', '<img src="no.png">', 'no.png'],
  ['a script', '<script type="module" src="no.js"></script>', 'no.js'],
  ['a picture of links', '<meta property="og:image" content="no.png">', 'no.png'],
])('%s that is not there', (_, body, link) => {
  const { faults } = site({
    'index.html': `<head>${ICON}</head>${body}<script>'href="of a program"'</script>`,
  });
  expect(faults).toEqual([`index.html: no ${link}`]);
});

test('what a style names, and a page without an icon', () => {
  const styles = '@font-face { src: url("no.woff2") } a { background: url(../icon.svg) }';
  const { faults } = site({
    'index.html': '<link rel="stylesheet" href="assets/a.css">',
    'assets/a.css': styles,
  });
  expect(faults.sort()).toEqual(['assets/a.css: no no.woff2', 'index.html: no icon']);
});
