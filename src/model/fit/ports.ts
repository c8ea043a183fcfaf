import type { Signal } from '../../ndarray.ts';
import type { GraphObjective } from '../graph/graphObjective.ts';
import { Model } from '../graph/model.ts';
import type { FullTraining } from '../training/fullTraining.ts';

/** An input of a model or a target of its loss. */
export interface Port extends Signal {
  /** Name of the argument, such as `x` or `x.source`. */
  readonly label: string;
  readonly name: string;
  /** Whether it has no time axis. */
  readonly isVector: boolean;
  /** Of an input: number of its time axis, the same for inputs that share one. */
  readonly axis: number;
  /** Of a target: whether it is labels without times, as of ctc. */
  readonly isLabels: boolean;
  /** Steps for examples with the given number of steps on each axis. */
  steps(axes: readonly number[]): number;
}

/** What a batch consists of. */
export interface Ports {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Whether inputs and outputs are given without names. */
  readonly single: { readonly input: boolean; readonly output: boolean };
}

/** The inputs and targets of what is trained. */
export function portsOf(training: FullTraining): Ports {
  const { model, shape, objective } = training;
  if (!(model instanceof Model)) {
    const input: Port = {
      ...shape.input,
      label: 'x',
      name: 'x',
      isVector: false,
      isLabels: false,
      axis: 0,
      steps: ([T]) => T!,
    };
    const output: Port = {
      ...{ ...shape.target, label: 'y', name: 'y', isVector: false, axis: -1 },
      isLabels: objective.loss.blank !== undefined,
      steps: ([T]) => shape.outputSteps(T!, true),
    };
    const single = { input: true, output: true };
    return { inputs: [input], outputs: [output], single };
  }
  const { graph, network } = model;
  const { axes, inputs, outputs, single, values } = graph;
  const { signals, parts } = objective as GraphObjective;
  const port = (
    argument: string,
    name: string,
    value: number,
    isSingle: boolean,
  ): Omit<Port, keyof Signal> => {
    const { axis } = values[value]!.shape;
    return {
      ...{ label: isSingle ? argument : `${argument}.${name}`, name, isVector: axis === undefined },
      isLabels: false,
      axis: axes.findIndex((one) => one.axis === axis),
      steps: (steps) => (axis ? network.stepsOf(axis, steps) : 1),
    };
  };
  return {
    inputs: inputs.map(({ name, value }) => {
      const { kind, size } = values[value]!.shape;
      return { kind, size, ...port('x', name, value, single.input) };
    }),
    outputs: outputs.map(({ name, value }, i) => ({
      ...signals[i]!,
      ...port('y', name, value, single.output),
      isLabels: parts[i]!.loss.blank !== undefined,
    })),
    single,
  };
}
