// From the program to a page: `unrolled train` makes a model of a poem; a folder gets all that a page needs.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator, init, Sequential } from 'unrolled';
import { characters, write } from './write.mjs';

const site = process.argv[2] ?? 'build/page';
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const dist = (name) => fileURLToPath(new URL(name, import.meta.resolve('unrolled')));
const model = join(site, 'model.safetensors');
const settings = '--hidden 96 --seq-len 32 --batch 8 --lr 0.01 --steps 500 --kernels simd --length 0'.split(
  ' ',
);
mkdirSync(site, { recursive: true });
const train = ['train', here('jabberwocky.txt'), ...settings, '--out', model];
execFileSync(process.execPath, [dist('cli/main.js'), ...train], { stdio: 'ignore' });
for (const name of ['index.html', 'write.mjs']) copyFileSync(here(name), join(site, name));
copyFileSync(dist('unrolled.min.js'), join(site, 'unrolled.min.js'));

await init({ kernels: 'simd' });
const file = new Uint8Array(readFileSync(model)).buffer;
const stream = Sequential.load(file).stream();
const writer = { stream, characters: characters(file), generator: new Generator(1) };
console.log(['Beware ', ...write(writer, 'Beware ', 150)].join(''));
console.log(`\nThe page is in ${site}, for any static server: npx http-server ${site}`);
