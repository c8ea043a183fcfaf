import { reading } from '../../check.ts';
import type { Metric, MetricFunction, MetricValue } from '../../data/metrics/metric.ts';
import { METRICS, type MetricName } from '../../data/metrics/table.ts';
import { ArgumentError } from '../../errors.ts';
import { checkRecord, pick } from '../graph/named.ts';
import type { OutputRows } from './outputRows.ts';
import type { Ports } from './ports.ts';
import type { AnyMetric, ValidationOptions } from './types.ts';

/** A metric of an output. */
interface OfOutput {
  /** Index of the output. */
  readonly output: number;
  /** Key in results. */
  readonly key: string;
  readonly metric: Metric;
}

/** The metrics of a fit. */
export class Metrics {
  readonly #all: readonly OfOutput[];

  /** @throws {ArgumentError} if a metric is unknown or invalid, or two have the same name */
  constructor(ports: Ports, given: ValidationOptions['metrics']) {
    const all: OfOutput[] = [];
    const add = (argument: string, list: unknown, output: number, prefix: string) => {
      if (!Array.isArray(list)) throw new ArgumentError(argument, 'a list of metrics', list);
      if (ports.outputs[output]!.isLabels && list.length)
        throw new ArgumentError(argument, 'none with ctc, whose targets have no times', list);
      for (const [i, one] of list.entries()) {
        const metric = metricOf(`${argument}[${i}]`, one);
        const key = prefix + metric.name;
        if (all.some((other) => other.key === key))
          throw new ArgumentError(`${argument}[${i}]`, 'a name of its own', metric.name);
        all.push({ output, key, metric });
      }
    };
    if (given !== undefined && ports.single.output) add('metrics', given, 0, '');
    else if (given !== undefined) {
      const named = ports.outputs.map(({ name }, value) => ({ name, value }));
      checkRecord('metrics', given, named, false, true);
      for (const { name, value } of named) {
        const list = pick(`metrics.${name}`, given, name, false);
        if (list !== undefined) add(`metrics.${name}`, list, value, `${name}.`);
      }
    }
    this.#all = all;
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** A metric by its key. */
  find(key: string): Metric | undefined {
    return this.#all.find((one) => one.key === key)?.metric;
  }

  get keys(): string[] {
    return this.#all.map(({ key }) => key);
  }

  reset(): void {
    for (const { metric } of this.#all) metric.reset();
  }

  /** Takes the rows of a batch, by output. */
  update(outputs: readonly OutputRows[]): void {
    for (const { output, metric } of this.#all) {
      const { output: values, target, rows } = outputs[output]!;
      if (rows.count > 0) metric.update(values, target, rows);
    }
  }

  results(): Record<string, MetricValue> {
    return Object.fromEntries(this.#all.map(({ key, metric }) => [key, metric.result()]));
  }
}

function metricOf(argument: string, given: AnyMetric): Metric {
  return reading(argument, given, () => {
    if (typeof given === 'function') return averaged(argument, given);
    const { update, reset, result, name } = (given ?? {}) as Partial<Metric>;
    if ([update, reset, result].every((one) => typeof one === 'function')) {
      if (typeof name !== 'string' || name === '')
        throw new ArgumentError(`${argument}.name`, 'a name', name);
      return given as Metric;
    }
    const { name: known, ...options } = (typeof given === 'string' ? { name: given } : (given ?? {})) as {
      name?: string;
    };
    if (typeof known !== 'string' || !Object.hasOwn(METRICS, known)) {
      const names = Object.keys(METRICS).map((one) => `'${one}'`);
      throw new ArgumentError(argument, `a metric or one of ${names.join(', ')}`, given);
    }
    return METRICS[known as MetricName](options as never);
  });
}

/** The mean of what a function returns for each batch, weighted by its rows. */
function averaged(argument: string, value: MetricFunction): Metric {
  const { name } = value;
  if (name === '') throw new ArgumentError(argument, 'a function with a name', value);
  let [sum, count] = [0, 0];
  return {
    name,
    reset() {
      [sum, count] = [0, 0];
    },
    update(output, target, rows) {
      const given = value(output, target, rows);
      if (typeof given !== 'number') throw new ArgumentError(argument, 'a number to be returned', given);
      sum += given * rows.count;
      count += rows.count;
    },
    result: () => sum / count,
  };
}
