// The list of losses: entry points, names in descriptions and saved files, and tests follow from it.
export * from './core.ts';
export { type HuberOptions, huber } from './huber.ts';
