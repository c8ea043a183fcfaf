import { instance, reading } from '../check.ts';
import { ArgumentError, Verbatim } from '../errors.ts';
import { ModelBase } from './core/modelBase.ts';

/**
 * Checks a model that another entry of the package takes.
 * @throws {ArgumentError} unless it is one of this copy of the package
 */
export function ownModel<M>(model: M): asserts model is M & ModelBase {
  const expected = 'a Sequential or a Model';
  const members = Object.getOwnPropertyNames(ModelBase.prototype);
  const isForeign = reading(
    'model',
    model,
    () => !(model instanceof ModelBase) && members.every((member) => member in Object(model)),
    expected,
  );
  if (isForeign) throw new ArgumentError('model', expected, new Verbatim('one of another copy of unrolled'));
  instance('model', model, ModelBase, expected);
}
