import { doubles, integers } from '../../allocate.ts';
import { type Names, reading } from '../../check.ts';
import type { GivenInputs, GraphNetwork } from '../../engine/graphNetwork.ts';
import type { Valid } from '../../engine/rows.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Given, Sequence, Signal } from '../../ndarray.ts';
import type { GraphSteps } from './countedSteps.ts';
import { emptyFed, readInputs } from './feed.ts';
import { checkRecord } from './named.ts';

/** What of a graph is given before it runs step by step. */
export interface GivenOptions extends GraphSteps {
  /** All inputs but the one that is read step by step, by name. */
  readonly given?: Readonly<Record<string, Given>> | undefined;
}

/** Names of the options. */
export const GIVEN: Names<GivenOptions> = { given: true, lengths: true, mask: true };

/** Given inputs and their number of rows. */
export interface GivenRows extends GivenInputs {
  readonly batch: number;
  /** Shape of the input that is streamed. */
  readonly signal: Signal;
}

/**
 * Reads the inputs of a graph that are given before a stream of another one.
 * @throws {ArgumentError | ShapeError} if they are not all but one, or do not match
 */
export function readGiven(
  network: GraphNetwork,
  given: Readonly<Record<string, Given>>,
  { lengths, mask }: GraphSteps,
): GivenRows {
  const { inputs, values, axes } = network.graph;
  checkRecord('given', given, inputs, false, true);
  const there = inputs.map(({ name }) => reading('given', given, () => given[name] !== undefined));
  const streamed = there.indexOf(false);
  if (streamed < 0 || there.indexOf(false, streamed + 1) >= 0) {
    const names = inputs.map(({ name }) => name).join(', ');
    const count = there.filter((one) => one).length;
    throw new ArgumentError('given', `all but one of ${names}`, new Verbatim(`${count} of ${inputs.length}`));
  }
  const { axis } = values[inputs[streamed]!.value]!.shape;
  const shared = inputs.find(({ value }, i) => i !== streamed && axis && values[value]!.shape.axis === axis);
  if (shared) {
    const what = `inputs with another time axis than ${inputs[streamed]!.name}`;
    throw new ArgumentError(`given.${shared.name}`, what, new Verbatim('one with the same'));
  }
  const fed = readInputs(emptyFed(network.graph), network, given, { lengths, mask }, undefined, streamed);
  const valid = axes.map((one, i) => (one.axis === axis ? undefined : fed.counted.valid[i]));
  // a fork reads them again
  const sequences = fed.sequences.map(({ data, ...rest }, i): Sequence | undefined => {
    return i === streamed ? undefined : { ...rest, data: Float64Array.from(data) };
  });
  const signal = values[inputs[streamed]!.value]!.shape;
  return { batch: fed.batch, streamed, sequences, steps: fed.steps, valid, signal };
}

/** A given input of one row for several rows. */
export function repeated(given: GivenRows, rows: number): GivenRows {
  const sequences = given.sequences.map((sequence) => {
    if (!sequence) return undefined;
    const { data, steps } = sequence;
    const width = data.length / steps;
    const copy = doubles(data.length * rows);
    for (let t = 0; t < steps; t++) {
      for (let b = 0; b < rows; b++) {
        for (let j = 0; j < width; j++) copy[(t * rows + b) * width + j] = data[t * width + j]!;
      }
    }
    return { data: copy, steps, batch: rows };
  });
  const valid = given.valid.map((one) => one && repeatedSteps(one, rows));
  return { ...given, batch: rows, sequences, valid };
}

function repeatedSteps({ lengths, mask }: Valid, rows: number): Valid {
  if (lengths) return { lengths: integers(rows).fill(lengths[0]!) };
  return { mask: Array.from({ length: mask!.length * rows }, (_, i) => mask![Math.floor(i / rows)]!) };
}
