import * as metrics from './all.ts';
import type { Metric } from './metric.ts';

/** All metrics by name. */
export const METRICS = metrics satisfies Readonly<Record<string, (opts: never) => Metric>>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** Options as a description has them: nothing for a metric without options. */
type Given<O> = string extends keyof NonNullable<O> ? unknown : NonNullable<O>;

/** A metric as data: its name, or its name and options. */
export type MetricDescription =
  | MetricName
  | { [K in MetricName]: { readonly name: K } & Given<Parameters<(typeof METRICS)[K]>[0]> }[MetricName];
