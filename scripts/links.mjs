// Links of the Markdown files in the package: each relative one leads to a file or a folder of the package.
import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path/posix';

/** Links that lead nowhere; `files` are the paths in the package, below `folder`. */
export function deadLinks(folder, files) {
  const there = new Set(files.flatMap((file) => [file, ...parents(file)]));
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
      const relative = links.filter((link) => !/^([a-z]+:|#)/.test(link));
      const dead = relative.filter((link) => !there.has(targetOf(file, link)));
      return dead.map((link) => `${file}: no ${link} in the package`);
    });
}

function targetOf(file, link) {
  return normalize(join(file, '..', link.replace(/#.*$/, ''))).replace(/\/$/, '');
}

function parents(file) {
  const names = file.split('/');
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'));
}
