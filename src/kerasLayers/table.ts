import type { MoreLayers } from '../formats/keras/builder.ts';
import type { LayerClasses } from '../model/registry.ts';

/** Layers besides those of every model of Keras. */
export interface KerasLayers extends MoreLayers {
  /** What they are made of. */
  readonly classes: LayerClasses;
}
