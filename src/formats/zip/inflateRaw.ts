// bundled when the package is built, so it is not a dependency
export { Inflate } from 'fflate';
