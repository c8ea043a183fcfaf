import type { Classes } from './classes.ts';
import type { Fusable } from './fusable.ts';
import type { Heap } from './heap.ts';
import type { InstallOptions } from './options.ts';
import type { Patches } from './patches.ts';
import type { TensorFlow } from './tf.ts';

/** What `install` made for one TF.js: each feature gets it, and replaces methods by `patches`. */
export interface Installation {
  readonly tf: TensorFlow;
  readonly classes: Classes;
  readonly patches: Patches;
  readonly options: InstallOptions;
  /** Which recurrent layers the kernels can run. */
  readonly fusable: Fusable;
  /** The memory of the kernels. */
  readonly heap: Heap;
  /** How often kernels of the backend `unrolled` ran code of the cpu backend; undefined without that backend. */
  readonly fallbacks: ReadonlyMap<string, number> | undefined;
}
