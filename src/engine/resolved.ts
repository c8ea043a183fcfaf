import { ArgumentError, Verbatim } from '../errors.ts';
import type { Graph, Operation } from './graph.ts';
import type { NodeShape } from './join.ts';
import type { Layer } from './layer.ts';

/** An operation that a plan runs. */
export interface Job extends Operation {
  /** Shapes of its inputs. */
  readonly shapes: readonly NodeShape[];
  /** For a layer with directions: output only each direction's last output of every row. */
  readonly keepsLast: boolean;
  /**
   * For a layer that reduces steps behind concatenated directions, which others read, too: features of the forward
   * direction, whose last output is at the last step; that of the reverse direction is at the first.
   */
  readonly forwardSize: number;
  /** Whether it runs at each step of a stream; the others run once, before it. */
  readonly streamed: boolean;
}

/** A graph without the layers that are the identity in a plan. */
export interface Resolved {
  readonly jobs: readonly Job[];
  /** By value of the graph: the value that it is the same as. */
  readonly same: readonly number[];
  /** By value: indices of the jobs that read it. */
  readonly readers: readonly (readonly number[])[];
}

/**
 * @param streamed the value of the input of a stream; −1 if it is not a stream
 * @throws {ArgumentError} if the last step of both directions is not in their merged output
 */
export function resolved(graph: Graph, training: boolean, streamed: number): Resolved {
  const { values, operations, outputs } = graph;
  const same = values.map((_, v) => v);
  const stepwise = values.map((_, v) => v === streamed);
  const kept: (Operation & Pick<Job, 'shapes'>)[] = [];
  for (const operation of operations) {
    const inputs = operation.inputs.map((v) => same[v]!);
    const initial = operation.initial.map(([state, v]) => [state, same[v]!] as const);
    const inStream = inputs.some((v) => stepwise[v]);
    for (const v of [operation.output, ...operation.final.map(([, v]) => v)]) stepwise[v] = inStream;
    const { layer } = operation;
    if (!('joins' in layer) && layer.isIdle?.(training, inStream)) same[operation.output] = inputs[0]!;
    else kept.push({ ...operation, inputs, initial, shapes: operation.inputs.map((v) => values[v]!.shape) });
  }
  const isOutput = new Set(outputs.map(({ value }) => same[value]!));
  let readers: number[][] = [];
  const read = (all: readonly Operation[]) => {
    readers = values.map(() => []);
    for (const [k, { inputs, initial }] of all.entries()) {
      for (const v of [...inputs, ...initial.map(([, v]) => v)]) readers[v]!.push(k);
    }
  };
  read(kept);
  const makers = new Map(kept.map((operation) => [operation.output, operation]));
  const keepers = new Set<Operation>();
  const halved = new Map<Operation, number>();
  const left: typeof kept = [];
  for (const operation of kept) {
    const layer = operation.layer as Layer;
    let v = operation.inputs[0]!;
    let isOnly = true;
    let maker = makers.get(v);
    const isReader = () => isOnly && readers[v]!.length === 1 && !isOutput.has(v);
    isOnly = isReader();
    while (maker && (maker.layer as Layer).elementwise) {
      v = maker.inputs[0]!;
      isOnly = isReader();
      maker = makers.get(v);
    }
    const directions = maker?.layer as Layer | undefined;
    if (!layer.reducesSteps || layer.sameStep || !directions?.hasDirections) {
      left.push(operation);
      continue;
    }
    if (isOnly) {
      keepers.add(maker!);
      same[operation.output] = operation.inputs[0]!;
      continue;
    }
    if (directions.forwardSize === undefined) {
      const what = `merged directions of ${directions.type} that others read, too`;
      throw new ArgumentError(
        `node (input of ${layer.type})`,
        "directions merged by 'concat'",
        new Verbatim(what),
      );
    }
    halved.set(operation, directions.forwardSize);
    left.push(operation);
  }
  const jobs = left.map((operation) => ({
    ...operation,
    inputs: operation.inputs.map((v) => rootOf(same, v)),
    initial: operation.initial.map(([state, v]) => [state, rootOf(same, v)] as const),
    keepsLast: keepers.has(operation),
    forwardSize: halved.get(operation) ?? 0,
    streamed: stepwise[operation.output]!,
  }));
  read(jobs);
  return { jobs, same: same.map((v) => rootOf(same, v)), readers };
}

function rootOf(same: readonly number[], value: number): number {
  let v = value;
  while (same[v] !== v) v = same[v]!;
  return v;
}
