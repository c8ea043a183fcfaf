import type { Installation } from './installation.ts';
import type { RnnLayer } from './tf.ts';

/** Arguments of a GRU layer or cell. */
interface Given {
  readonly resetAfter?: boolean | undefined;
}

type Factory = (args: Given) => object;
type FromConfig = (cls: unknown, config: Given) => object;

/** Makes `tf.layers.gru` and `gruCell` accept `resetAfter: true`, which TF.js's constructor refuses; so do saved models. */
export function patchGru(installation: Installation): (() => void) | undefined {
  const { GRUCell } = installation.classes;
  const isClass = /^class\b/.test(Function.prototype.toString.call(GRUCell));
  return isClass ? hookConstructor(installation) : replaceFactories(installation);
}

/**
 * A constructor finds the one it extends by its prototype: this one stands between GRUCell and RNNCell. It gives the new
 * object the prototype of a cell with resetAfter, and hides the option from the check that follows.
 */
function hookConstructor({ classes: { GRUCell, ResetAfterCell } }: Installation): () => void {
  const RNNCell = Object.getPrototypeOf(GRUCell) as new (args: Given) => object;
  const Hook = function (this: object, args: Given) {
    const { resetAfter } = args;
    const isOurs = resetAfter && (new.target as unknown) === GRUCell;
    const cell = Reflect.construct(RNNCell, [args], isOurs ? (ResetAfterCell as never) : new.target);
    if (resetAfter) hideOnce(args);
    return cell;
  };
  Object.setPrototypeOf(Hook, RNNCell);
  Object.setPrototypeOf(GRUCell as object, Hook);
  return () => {
    if (Object.getPrototypeOf(GRUCell) === Hook) Object.setPrototypeOf(GRUCell as object, RNNCell);
  };
}

/** The next read of `resetAfter` gives false, later ones what it was. */
function hideOnce(args: Given): void {
  const own = Object.getOwnPropertyDescriptor(args, 'resetAfter');
  Object.defineProperty(args, 'resetAfter', {
    configurable: true,
    enumerable: true,
    get() {
      if (own) Object.defineProperty(args, 'resetAfter', own);
      else delete (args as { resetAfter?: boolean }).resetAfter;
      return false;
    },
  });
}

/** For functions in the place of classes (ES5): what makes GRUs is replaced, in `tf.layers` and in the registry. */
function replaceFactories({ tf, classes, patches }: Installation): undefined {
  const { prototype } = classes.ResetAfterCell;
  const wrap = (make: (args: Given) => object, args: Given): object => {
    if (!args?.resetAfter) return make(args);
    const made = make({ ...args, resetAfter: false });
    Object.setPrototypeOf((made as RnnLayer).cell ?? made, prototype);
    return made;
  };
  for (const name of ['gru', 'gruCell']) {
    // a bundle in ES5 of ES modules has getters: there only saved models have resetAfter
    if (!Object.getOwnPropertyDescriptor(tf.layers, name)?.writable) continue;
    patches.replace(tf.layers, name, (original) => {
      const make = original as unknown as Factory;
      return (args: never) => wrap(make, args);
    });
  }
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const name of ['GRU', 'GRUCell']) {
    patches.replace(classNameMap[name]!, '1', (original) => {
      const fromConfig = original as unknown as FromConfig;
      return ((cls: unknown, config: Given) =>
        wrap((args) => fromConfig(cls, args), config)) as unknown as typeof original;
    });
  }
}
