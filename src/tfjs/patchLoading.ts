import type { Json } from '../formats/keras/json.ts';
import { configToKeras2 } from '../formats/keras/modelConfig.ts';
import { weightNames } from '../formats/keras/weightNames.ts';
import type { Installation } from './installation.ts';
import type { Tensor } from './tf.ts';

type FromConfig = (cls: unknown, config: Json, ...others: unknown[]) => unknown;

/** A model as `loadWeights` sees it. */
interface Model {
  readonly layers: readonly {
    readonly name: string;
    getClassName(): string;
    readonly weights: readonly { readonly originalName: string }[];
  }[];
}

/**
 * Makes `tf.loadLayersModel` and `tf.models.modelFromJSON` accept what Keras 3 writes. Models are made from the registry of
 * classes, whose functions are replaced; weights get the names that TF.js gives them.
 */
export function patchLoading({ tf, patches }: Installation): undefined {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const name of ['Functional', 'Model', 'Sequential']) {
    const entry = classNameMap[name];
    if (!entry) continue;
    patches.replace(entry, '1', (original) => {
      const fromConfig = original as unknown as FromConfig;
      const ours: FromConfig = (cls, config, ...others) =>
        fromConfig(cls, configToKeras2(name, config), ...others);
      return ours as unknown as typeof original;
    });
  }
  patches.replace(tf.LayersModel.prototype, 'loadWeights', (original) => {
    const load = original as unknown as (this: unknown, weights: object, strict?: boolean) => void;
    return function (this: unknown, weights: Record<string, Tensor>, strict?: boolean) {
      // names that fit nothing are to be left out
      if (strict === false) return load.call(this, weights, strict);
      const layers = (this as Model).layers.map((layer) => ({
        name: layer.name,
        className: layer.getClassName(),
        weights: layer.weights.map(({ originalName }) => originalName),
      }));
      const names = weightNames(Object.keys(weights), layers);
      const renamed = Object.entries(weights).map(([name, value]) => [names.get(name) ?? name, value]);
      load.call(this, Object.fromEntries(renamed), strict);
    } as unknown as typeof original;
  });
}
