// workerd, which compiles no bytes: bundled as its tools do it, with the condition `workerd` and binaries as modules.
import { cpSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { binary, run as exec, serving } from '../lib/shell.mjs';

export const packages = ['workerd'];

const PLATFORMS = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

export async function run({ project, same, note }) {
  const arch = process.arch === 'arm64' ? 'arm64' : '64';
  const exe = process.platform === 'win32' ? 'workerd.exe' : 'workerd';
  const workerd = binary(project, `@cloudflare/workerd-${PLATFORMS[process.platform]}-${arch}/bin/${exe}`);
  note(exec(workerd, ['--version']).trim());
  const binaries = await bundle(project);
  const args = (port) => {
    writeFileSync(join(project, 'config.capnp'), config(port, binaries));
    return ['serve', 'config.capnp'];
  };
  const server = await serving(workerd, args, { cwd: project });
  try {
    same('worker', await server.answer.text());
  } finally {
    server.stop();
  }
}

/** out.js, and beside it the binaries it imports; gives their names. */
async function bundle(project) {
  const names = new Set();
  const asModules = {
    name: 'wasm as modules',
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        const name = basename(path);
        cpSync(join(resolveDir, path), join(project, name));
        names.add(name);
        return { path: `./${name}`, external: true };
      });
    },
  };
  await build({
    absWorkingDir: project,
    entryPoints: ['main.js'],
    outfile: 'out.js',
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    plugins: [asModules],
    logLevel: 'error',
  });
  if (!names.has('simd.wasm')) throw new Error('the condition workerd was not taken');
  return [...names];
}

function config(port, binaries) {
  const modules = binaries.map((name) => `    (name = "${name}", wasm = embed "${name}"),`).join('\n');
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  compatibilityDate = "2025-01-01",
  modules = [
    (name = "out.js", esModule = embed "out.js"),
${modules}
  ],
);
`;
}
