// The list of schedules: entry points, names in descriptions, and tests follow from it.
export { exponentialLR, multiStepLR, type OneCycleOptions, oneCycle } from './moreSchedules.ts';
export { type MetricSchedule, type PlateauOptions, plateau } from './plateau.ts';
export { cosineLR, stepLR, warmup } from './schedules.ts';
