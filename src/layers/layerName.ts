import { type Names, reading } from '../check.ts';
import type { Layer } from '../engine/layer.ts';
import { ArgumentError } from '../errors.ts';

/** Option of all layers. */
export interface NameOption {
  /**
   * Name of the layer in a model, which its parameters begin with: `encoder.weight`. Without a dot, not a number. Default:
   * its index.
   */
  readonly name?: string | undefined;
}

/** The option of a layer without others. */
export const NAME: Names<NameOption> = { name: true };

/** Names that checkpoints use. */
const TAKEN = ['optimizer', 'carried'];

/** Splits the name from the arguments of a layer; the options are the last one. */
export function splitName(args: readonly unknown[]): { args: readonly unknown[]; name: unknown } {
  const last = args.at(-1);
  return reading('options', last, () => {
    if (typeof last !== 'object' || last === null || !('name' in last)) return { args, name: undefined };
    const { name, ...others } = last;
    return { args: [...args.slice(0, -1), others], name };
  });
}

/** Gives a layer a name, also in its configuration. @throws {ArgumentError} if it is not a name */
export function setName(layer: Pick<Layer, 'config' | 'name'>, name: unknown): void {
  if (name === undefined) return;
  if (
    typeof name !== 'string' ||
    !/^[^.]{1,200}$/.test(name) ||
    /^\d+$|\p{Surrogate}/u.test(name) ||
    TAKEN.includes(name)
  ) {
    throw new ArgumentError('name', 'Unicode text without a dot, not a number', name);
  }
  const { config } = layer;
  Object.defineProperties(layer, {
    name: { value: name, enumerable: true },
    config: {
      configurable: true,
      value: (layers?: readonly Layer[]) => ({ ...config.call(layer, layers), name }),
    },
  });
}

/** @throws {ArgumentError} if two layers have the same name */
export function checkLayerNames(layers: readonly Layer[]): void {
  const places = new Map<string, number>();
  for (const [i, { name, type }] of layers.entries()) {
    if (name === undefined) continue;
    const other = places.get(name);
    if (other !== undefined)
      throw new ArgumentError(`layers[${i}] (${type}).name`, `another name than layers[${other}] has`, name);
    places.set(name, i);
  }
}
