// The versions of what smoke tests install, the newest first: a release of others changes no result of ours. To renew
// them, before a release: `npm view NAME version` for the newest one, then `npm run test:smoke -- FOLDER`.
const VERSIONS = {
  '@babel/preset-env': ['8.0.7'],
  '@rollup/plugin-node-resolve': ['16.0.3'],
  '@tensorflow/tfjs': ['4.22.0'],
  '@types/node': ['20.19.43'],
  bun: ['1.4.5'],
  deno: ['2.9.6'],
  esbuild: ['0.28.2'],
  jest: ['30.5.2', '29.7.0'],
  'jest-environment-jsdom': ['30.5.2', '29.7.0'],
  next: ['16.4.6'],
  parcel: ['2.16.4'],
  'puppeteer-core': ['24.43.1'],
  react: ['19.3.1'],
  'react-dom': ['19.3.1'],
  rollup: ['4.68.8'],
  // the current one, the last that knows moduleResolution node, the oldest that is supported
  typescript: ['7.0.2', '5.9.3', '5.2.2'],
  vite: ['8.3.8', '7.3.8', '6.4.6'],
  webpack: ['5.113.0'],
  'webpack-cli': ['7.3.1'],
  workerd: ['1.20261117.1'],
};

/** Versions of a package, the newest first. */
export function versionsOf(name) {
  const versions = VERSIONS[name];
  if (!versions) throw new Error(`test/smoke/lib/versions.mjs has no version of ${name}`);
  return versions;
}

/** What npm is told: the newest version of the list for a name without one, and only versions of the list. */
export function pinned(wanted) {
  const [, name, version] = wanted.match(/^(@?[^@]+)(?:@(.+))?$/);
  const versions = versionsOf(name);
  if (version !== undefined && !versions.includes(version))
    throw new Error(`test/smoke/lib/versions.mjs has no ${wanted}, but ${versions.join(', ')}`);
  return `${name}@${version ?? versions[0]}`;
}
