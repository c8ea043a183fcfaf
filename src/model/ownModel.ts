import { instance } from '../check.ts';
import { ArgumentError, Verbatim } from '../errors.ts';
import { ModelBase } from './core/modelBase.ts';

/**
 * Checks a model that another entry of the package takes.
 * @throws {ArgumentError} unless it is one of this copy of the package
 */
export function ownModel<M>(model: M): asserts model is M & ModelBase {
  const expected = 'a Sequential or a Model';
  try {
    instance('model', model, ModelBase, expected);
  } catch (error) {
    const members = Object.getOwnPropertyNames(ModelBase.prototype);
    if (Object(model) !== model || !members.every((member) => member in (model as object))) throw error;
    throw new ArgumentError('model', expected, new Verbatim('one of another copy of unrolled'));
  }
}
