// node bench/table.mjs FILE.json …: what `npm run bench -- --json FILE.json` wrote, as Markdown
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { digits, time } from './show.mjs';

/** A table each, by what the name of the work says. */
const GROUPS = [
  ['Products', /^matmul$/],
  ['Activations', /^(exp|tanh|sigmoid)$/],
  ['One step', /-step$/],
  ['Forward', /-forward$/],
  ['Training step', /-(train|vanishing)$|^char-lm$/],
];

/**
 * Medians; after those of other engines how many times as long as ours they take; after ours the rate.
 *
 * @param {{ machine: string, node: string, versions?: Record<string, string>, rows: object[] }} report
 * @returns {string}
 */
export function markdown({ machine, node, versions = {}, rows }) {
  const named = Object.entries(versions).map(([name, version]) => `, ${name} ${version}`);
  const tables = GROUPS.map(([title, pattern]) => [title, rows.filter(({ work }) => pattern.test(work))])
    .filter(([, part]) => part.length)
    .map(([title, part]) => `### ${title}\n\n${table(part)}`);
  return [`${machine}, Node ${node}${named.join('')}`, ...tables].join('\n\n');
}

function table(rows) {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const cases = grouped(rows);
  const lines = [...cases.values()].map((entries) => {
    const ours = entries.find(({ engine }) => engine === engines[0]);
    const cells = engines.map((engine) => {
      const row = entries.find((entry) => entry.engine === engine);
      return row ? cell(row, ours) : '–';
    });
    const { work, shape } = entries[0];
    return [work, shapeText(shape), ...cells];
  });
  const head = ['work', 'shape', ...engines];
  return [head, head.map((_, i) => (i < 2 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function cell(row, ours) {
  const rate = row.gbps === undefined ? `${digits(row.gflops)} GFLOP/s` : `${digits(row.gbps)} GB/s`;
  if (!ours || row === ours) return `${time(row.us)}, ${rate}`;
  return `${time(row.us)} (${digits(row.us / ours.us)}×)`;
}

function shapeText(shape) {
  return Object.entries(shape)
    .map(([name, value]) => `${name}${value}`)
    .join(' ');
}

/** By case. */
function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    const name = `${row.work} ${shapeText(row.shape)}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
  console.log(reports.map(markdown).join('\n\n'));
}
