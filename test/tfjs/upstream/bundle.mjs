// One file of TF.js's tests (sources: tfjs-layers/src, undefined for those of tfjs-core), their utilities, and TF.js from node_modules: one copy of each, since the tests import TF.js's
// files one by one.
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/** Writes the file to the folder and gives its path. */
export async function bundle({ root, folder, sources, tests, backend, plain, leakCheck }) {
  const require = createRequire(join(root, 'package.json'));
  const layers = join(dirname(require.resolve('@tensorflow/tfjs-layers/package.json')), 'dist');
  const outfile = join(folder, 'tests.mjs');
  await build({
    stdin: {
      contents: ['setup', ...tests, 'start'].map((file) => `import ${JSON.stringify(file)};`).join('\n'),
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    // names of metrics are those of functions
    keepNames: true,
    // tests are imported for their side effects, which the package does not name
    ignoreAnnotations: true,
    sourcemap: 'inline',
    logLevel: 'error',
    banner: {
      js: [
        "import { createRequire as requireOf } from 'node:module';",
        `const require = requireOf(${JSON.stringify(join(root, 'package.json'))});`,
        `const __dirname = ${JSON.stringify(folder)};`,
      ].join('\n'),
    },
    plugins: [
      {
        name: 'tfjs',
        setup({ onResolve, onLoad, resolve: find }) {
          onResolve({ filter: /^(setup|start)$/ }, ({ path }) => ({ path, namespace: 'own' }));
          onLoad({ filter: /^setup$/, namespace: 'own' }, () => ({
            contents: setup({ root, require, backend, plain, leakCheck }),
            resolveDir: root,
          }));
          // tests for cpu are defined, and run on the backend that is tested
          onLoad({ filter: /^start$/, namespace: 'own' }, () => ({
            contents: `import { environment } from 'setup'; environment.backendName = ${JSON.stringify(backend)};`,
          }));
          onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
            if (!sources) return undefined;
            const file = relative(sources, resolve(resolveDir, path));
            if (file === '../package.json') return { path: join(layers, file) };
            if (file.startsWith('..')) return undefined;
            if (/_test$|test_utils$/.test(file)) return { path: join(sources, `${file}.ts`) };
            return { path: require.resolve(join(layers, file)) };
          });
          onResolve({ filter: /^(@tensorflow|jasmine-core)\// }, ({ path, pluginData }) => {
            if (pluginData) return undefined;
            return find(path, { kind: 'import-statement', resolveDir: root, pluginData: true });
          });
        },
      },
    ],
  });
  return outfile;
}

/** What runs before the tests are defined. */
function setup({ root, require, backend, plain, leakCheck }) {
  const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  return `
    import * as core from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-core/dist/register_all_gradients';
    import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
    import * as layers from '@tensorflow/tfjs-layers';
    import '@tensorflow/tfjs-backend-cpu';
    import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
    ${backend === 'wasm' ? `import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';` : ''}
    ${plain ? '' : `import { install } from ${JSON.stringify(join(root, 'src/tfjs/index.ts'))};`}
    ${backend === 'wasm' ? `setWasmPaths(${JSON.stringify(`${join(wasm, 'dist')}/`)});` : ''}
    export const environment = { name: 'cpu', backendName: 'cpu', isDataSync: true };
    setTestEnvs([environment]);
    ${leakCheck ? '' : `core.engine().checkKernelForMemLeak = () => {};`}
    await core.setBackend(${JSON.stringify(backend === 'unrolled' ? 'cpu' : backend)});
    ${plain ? '' : `await install({ ...core, ...layers }, { backend: ${backend === 'unrolled'} });`}
  `;
}
