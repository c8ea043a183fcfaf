// npm run bench -- [--only NAME,…] [--peers NAME,…|none] [--revectorize] [--chromium] [--time SECONDS] [--json FILE]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { select } from './cases.mjs';
import { Child } from './child.mjs';
import { Contest } from './contest.mjs';
import { ours, peers } from './engines/index.mjs';
import { caseLines, leftLines } from './show.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

/** The name in `--only` of the models of bench/tfjs.mjs. */
const TFJS_MODELS = 'tfjs-models';

const args = options();
const children = [];
process.on('exit', () => {
  for (const child of children) child.end();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
await main();

async function main() {
  const { cases, wanted, models } = chosen();
  prepareFiles(wanted.length > 0 || args.chromium);
  const revectorize = args.revectorize && revectorizes();
  const own = ours({ revectorize, chromium: args.chromium, relaxed: hasRelaxed() });
  for (const engine of [...own, ...wanted]) await open(engine);
  const contest = new Contest(children, args.time * 1000);
  const head = {
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${platform()} ${arch()}`,
    node: process.versions.node,
    versions: Object.assign({}, ...children.map(({ versions }) => versions)),
  };
  const versions = Object.entries(head.versions).map(([name, version]) => `, ${name} ${version}`);
  console.log(`${head.machine}, Node ${head.node}${versions.join('')}`);
  console.log('Median, quartiles, rate, percent of the probe, and how many times as long as the first.');
  for (const c of cases) {
    console.log(`\n${caseLines(c, await contest.run(c)).join('\n')}`);
    const { rows, left } = contest;
    if (args.json) writeFileSync(args.json, `${JSON.stringify({ ...head, rows, left }, undefined, 1)}\n`);
  }
  const { left } = contest;
  if (left.length) console.log(`\nNot timed:\n${leftLines(left).join('\n')}`);
  await Promise.all(children.map((child) => child.close()));
  if (models) {
    console.log('\nModels of TensorFlow.js without and with install, CPU time:');
    const rows = [...contest.rows, ...tfjsModels()];
    if (args.json) writeFileSync(args.json, `${JSON.stringify({ ...head, rows, left }, undefined, 1)}\n`);
  }
  if (left.some(({ engine }) => own.some(({ name }) => name === engine))) process.exitCode = 1;
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        peers: { type: 'string' },
        revectorize: { type: 'boolean', default: false },
        chromium: { type: 'boolean', default: false },
        time: { type: 'string', default: '1' },
        json: { type: 'string' },
      },
    });
    const time = Number(values.time);
    if (!(time > 0)) throw new Error(`--time: seconds, not ${values.time}`);
    return { ...values, time };
  } catch (error) {
    return fail(error.message);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Cases and peers by their names. */
function chosen() {
  const names = (text) => text?.split(',').filter(Boolean);
  const only = names(args.peers);
  const unknown = only?.filter((name) => name !== 'none' && !peers.some((peer) => peer.name === name));
  if (unknown?.length)
    fail(`--peers: no ${unknown.join(', ')}; there are ${peers.map(({ name }) => name).join(', ')}, or none`);
  const wantedCases = names(args.only);
  const models = wantedCases ? wantedCases.includes(TFJS_MODELS) : !only || only.includes('tfjs-unrolled');
  const rest = wantedCases?.filter((name) => name !== TFJS_MODELS);
  try {
    return {
      models,
      cases: models && rest?.length === 0 ? [] : select(rest),
      wanted: peers.filter(({ name }) => !only || only.includes(name)),
    };
  } catch (error) {
    return fail(`--only: ${error.message}`);
  }
}

/** Rows of bench/tfjs.mjs, which compares whole models of TF.js in a process of its own. */
function tfjsModels() {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-bench-'));
  const file = join(folder, 'rows.json');
  try {
    execFileSync(process.execPath, [join(here, 'tfjs.mjs'), '--json', file], { stdio: 'inherit' });
    return JSON.parse(readFileSync(file, 'utf8')).rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is measured, built; what it is measured against, installed. */
function prepareFiles(needsPeers) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const run = (...command) =>
    execFileSync(npm, command, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(`${root}dist/index.js`)) {
    console.log('Building the package: npm run build');
    run('run', 'build');
  }
  if (needsPeers && !existsSync(`${here}node_modules`)) {
    console.log('Installing the peers: npm ci --prefix bench');
    run('ci', '--prefix', 'bench');
  }
}

/** V8 merges pairs of 128-bit operations from Node 24 on. */
function revectorizes() {
  const does = Number.parseInt(process.versions.node, 10) >= 24;
  if (!does) console.log(`Node ${process.versions.node} does not revectorize: 24 and later do`);
  return does;
}

/** Whether relaxed SIMD is there without a flag. */
function hasRelaxed() {
  return WebAssembly.validate(
    // biome-ignore format: (func (result v128) (i8x16.relaxed_swizzle (i8x16.splat 1) (i8x16.splat 2)))
    new Uint8Array([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0,
      65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
    ]),
  );
}

/** A peer that can't be had is left out; ours must run. */
async function open(engine) {
  const child = new Child(engine);
  children.push(child);
  try {
    await child.open();
  } catch (error) {
    child.end();
    children.splice(children.indexOf(child), 1);
    if (engine.ours) fail(`${engine.name}: ${error.message}`);
    console.log(`Without ${engine.name}: ${error.message}`);
  }
}
