// Links of the pages of a folder: each leads to a file of it, and to an id there; so do scripts, styles, pictures, and what
// styles name. A page without an icon is reported too, since browsers then ask for /favicon.ico.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What leads nowhere in the pages and styles below `folder`, and how many pages there are. */
export function checkSite(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pages = files.filter((file) => file.endsWith('.html'));
  const ids = new Map();
  const dead = files.flatMap((file) => {
    const links = linksOf(file, join(folder, file));
    return links.filter((link) => !leads(folder, file, link, ids)).map((link) => `${file}: no ${link}`);
  });
  const plain = pages.filter((file) => !/<link rel="icon"/.test(readFileSync(join(folder, file), 'utf8')));
  return { pages: pages.length, faults: [...dead, ...plain.map((file) => `${file}: no icon`)] };
}

/** Links to files of the same site. */
function linksOf(file, path) {
  return found(file, path)
    .map((link) => decodeURI(link))
    .filter((link) => link !== '' && !/^([a-z]+:|\/\/)/.test(link));
}

function found(file, path) {
  if (file.endsWith('.css')) return all(readFileSync(path, 'utf8'), /url\(\s*["']?([^"')]+)/g);
  if (!file.endsWith('.html')) return [];
  const text = readFileSync(path, 'utf8').replace(/(<(script|style|pre)\b[^>]*>)[\s\S]*?(<\/\2>)/g, '$1$3');
  return [
    ...all(text, /\s(?:href|src|poster|data)="([^"]*)"/g),
    ...all(text, /<meta property="og:image" content="([^"]*)"/g),
  ];
}

const all = (text, pattern) => [...text.matchAll(pattern)].map(([, value]) => value.replaceAll('&amp;', '&'));

function leads(folder, file, link, ids) {
  const [, path, id] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(link);
  const named = path.startsWith('/') ? join(folder, path) : join(folder, dirname(file), path);
  const there = path === '' ? join(folder, file) : named;
  const target = statSync(there, { throwIfNoEntry: false })?.isDirectory()
    ? join(there, 'index.html')
    : there;
  if (!existsSync(target)) return false;
  return !id || !/\.(html|svg)$/.test(target) || idsOf(target, ids).has(id);
}

function idsOf(path, ids) {
  if (!ids.has(path)) ids.set(path, new Set(all(readFileSync(path, 'utf8'), /\sid="([^"]*)"/g)));
  return ids.get(path);
}
