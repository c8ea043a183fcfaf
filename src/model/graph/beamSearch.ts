import { integer, reading } from '../../check.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import type { ModelBase } from '../core/modelBase.ts';
import { type Beam, type BeamOptions as SearchOptions, beamSearch as search } from '../streaming/beam.ts';
import { type GivenOptions, readGiven, repeated } from './given.ts';
import { Model } from './model.ts';

/** Options of `beamSearch`; `given`, `lengths` and `mask`: the other inputs of a `Model`, of one row. */
export interface BeamOptions extends SearchOptions, GivenOptions {}

/**
 * The likeliest sequences that follow `start`, the best first, of a model of indices whose outputs are logits: at
 * each step all continuations of the `beams` best sequences compete, and those that have ended (Graves 2012;
 * Sutskever, Vinyals and Le 2014). All beams step as one batch. On a tie the sequence of the better beam wins, then
 * the lower index: with `simd` kernels the result is the same on every engine. With several inputs all but one are
 * given, such as the source of a translation.
 *
 * @throws {ArgumentError} if the model's input is features or smaller than its output, or an option is out of range
 * @throws {ShapeError} if what is given does not match, or has more than one row
 * @throws {StateError} if the model is bidirectional
 * @throws {NonFiniteError} if an output is NaN or infinite; the row is the rank of the beam
 */
export function beamSearch(model: ModelBase, opts: BeamOptions): Beam[] {
  const { given, lengths, mask, ...rest } = reading('the options of beamSearch', opts, () => ({ ...opts }));
  if (given === undefined) return search(model, opts);
  if (!(model instanceof Model))
    throw new ArgumentError('given', 'undefined for a model with one input', given);
  const beams = integer('beams', rest.beams, 1);
  const one = readGiven(model.network, given, { lengths, mask });
  if (one.batch !== 1) throw new ShapeError('given', 'one row', `${one.batch}`);
  return search(model, rest, repeated(one, beams));
}
