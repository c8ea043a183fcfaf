// A server of static files as hosts of pages are: folders that can be replaced while it runs, files kept by browsers for
// an hour, 404 for what is not there.
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

const dist = join(import.meta.dirname, '../dist');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Folders by the first part of the path. `missing` tells files that are not there, `forget` those that browsers don't keep. */
export async function host(headers = {}) {
  const folders = new Map();
  const state = { missing: () => false, forget: () => false };
  const server = createServer((request, response) => {
    const [, name, ...rest] = new URL(request.url, 'http://host').pathname.split('/');
    const path = join(folders.get(name) ?? '/nowhere', rest.join('/') || 'index.html');
    if (state.missing(request.url) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
      return;
    }
    const type = TYPES[extname(path)] ?? 'text/plain';
    const kept = state.forget(request.url) ? 'no-store' : 'max-age=3600';
    response.writeHead(200, { 'content-type': type, 'cache-control': kept, ...headers });
    response.end(readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    state,
    url: (name) => `http://127.0.0.1:${server.address().port}/${name}/`,
    put: (name, folder) => folders.set(name, folder),
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections?.()),
  };
}

/** The build, and one that has the same files under other names: as another version of the page has. */
export function builds() {
  const root = mkdtempSync(join(tmpdir(), 'demo-builds-'));
  const [before, after] = [join(root, 'before'), join(root, 'after')];
  for (const folder of [before, after]) cpSync(dist, folder, { recursive: true });
  const assets = readdirSync(join(before, 'assets'));
  const texts = [...assets.map((name) => join('assets', name)), 'index.html', 'sw.js'].filter((name) =>
    /\.(js|css|html)$/.test(name),
  );
  for (const name of texts) {
    let text = readFileSync(join(before, name), 'utf8');
    for (const asset of assets) text = text.replaceAll(asset, `before-${asset}`);
    writeFileSync(
      join(before, name),
      name === 'sw.js' ? text.replace(/"([0-9a-f]{12})"/, '"before-$1"') : text,
    );
  }
  for (const asset of assets)
    renameSync(join(before, 'assets', asset), join(before, 'assets', `before-${asset}`));
  return { before, after, remove: () => rmSync(root, { recursive: true }) };
}
