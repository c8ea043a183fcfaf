// node scripts/example-pictures.mjs [EXAMPLE …]: runs examples in the built package, and draws what each prints as
// examples/NAME/picture.svg.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tools.mjs';

/** Most lines and columns of a picture, and the sizes of its letters in px. */
const [LINES, COLUMNS, WIDTH, HEIGHT, MARGIN] = [29, 110, 7.83, 18, 16];
const STYLE = `rect{fill:#16181d}text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dce4;white-space:pre}
.prompt{fill:#7fd1a8}`;

const names = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : names) {
  const command = `node examples/${name}/main.mjs`;
  const { status, stdout, stderr } = spawnSync(process.execPath, command.split(' ').slice(1), {
    ...{ cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' } },
  });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  const picture = join(root, 'examples', name, 'picture.svg');
  writeFileSync(picture, draw(command, stdout.trimEnd().split('\n')));
}

function draw(command, printed) {
  const shown = printed.slice(0, LINES).map(cut);
  const columns = Math.max(60, command.length + 2, ...shown.map((line) => [...line].length));
  const [width, height] = [Math.ceil(columns * WIDTH + 2 * MARGIN), (shown.length + 1) * HEIGHT + 2 * MARGIN];
  const text = [`$ ${command}`, ...shown].map((line, i) => {
    const y = MARGIN + 13 + i * HEIGHT;
    return `<text x="${MARGIN}" y="${y}"${i === 0 ? ' class="prompt"' : ''}>${escaped(line)}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(command)}</title>
<style>${STYLE}</style>
<rect width="${width}" height="${height}" rx="8"/>
${text.join('')}</svg>
`;
}

function cut(line) {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}

function escaped(text) {
  return text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
}
