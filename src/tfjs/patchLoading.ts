import { MODELS } from '../formats/keras/graph.ts';
import type { Json, JsonObject } from '../formats/keras/json.ts';
import { configToKeras2 } from '../formats/keras/modelConfig.ts';
import { type NamedLayer, weightNames } from '../formats/keras/weightNames.ts';
import type { Installation } from './installation.ts';
import type { Tensor } from './tf.ts';

type FromConfig = (cls: unknown, config: Json, ...others: unknown[]) => unknown;

/** A model as `loadWeights` sees it. */
interface Model {
  readonly layers: readonly NamedLayer[];
}

/**
 * Makes `tf.loadLayersModel` and `tf.models.modelFromJSON` accept what Keras 3 writes. Models are made from the registry of
 * classes, whose functions are replaced; weights get the names that TF.js gives them. RNN's writes to its config, which
 * Bidirectional uses twice: it gets a copy.
 */
export function patchLoading({ tf, patches }: Installation): undefined {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const name of [...(MODELS as string[]), 'RNN']) {
    const entry = classNameMap[name];
    if (!entry) continue;
    patches.replace(entry, '1', (original) => {
      const fromConfig = original as unknown as FromConfig;
      const ours: FromConfig = (cls, config, ...others) =>
        fromConfig(
          cls,
          name === 'RNN' ? { ...(config as JsonObject) } : configToKeras2(name, config),
          ...others,
        );
      return ours as unknown as typeof original;
    });
  }
  patches.replace(tf.LayersModel.prototype, 'loadWeights', (original) => {
    const load = original as unknown as (this: unknown, weights: object, strict?: boolean) => void;
    return function (this: unknown, weights: Record<string, Tensor>, strict?: boolean) {
      // names that fit nothing are to be left out
      if (strict === false) return load.call(this, weights, strict);
      const names = weightNames(Object.keys(weights), (this as Model).layers);
      // the state of a generator of dropout is no weight
      const renamed = Object.entries(weights)
        .filter(([name]) => !name.includes('/seed_generator/'))
        .map(([name, value]) => [names.get(name) ?? name, value]);
      load.call(this, Object.fromEntries(renamed), strict);
    } as unknown as typeof original;
  });
}
