// bundled when the package is built: users install nothing for it
export { inflateSync } from 'fflate';
