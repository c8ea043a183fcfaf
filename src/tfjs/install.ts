import { StateError } from '../errors.ts';
import { init } from '../wasm/inlined.ts';
import { isLoaded, requireKernel } from '../wasm/runtime.ts';
import { BACKEND } from './backend/backend.ts';
import { registerBackend } from './backend/register.ts';
import { checkTensorFlow, type TensorFlowModule, warnOf } from './checkTensorFlow.ts';
import { classesOf } from './classes.ts';
import { Fusable } from './fusable.ts';
import { registerHardSigmoid } from './hardSigmoid.ts';
import { Heap } from './heap.ts';
import type { Installation } from './installation.ts';
import { patchGradients } from './operationGradients.ts';
import { type InstallOptions, readOptions } from './options.ts';
import { Patches } from './patches.ts';
import { patchGru } from './patchGru.ts';
import { patchLoading } from './patchLoading.ts';
import { patchOptimizers } from './patchOptimizers.ts';
import { patchRecurrent } from './patchRecurrent.ts';
import { patchTimeDistributed } from './patchTimeDistributed.ts';
import { registerSegmentSum } from './segmentSum.ts';
import type { TensorFlow } from './tf.ts';

/** What is replaced in TF.js. Each may return what else to undo. */
const FEATURES: readonly ((installation: Installation) => (() => void) | undefined)[] = [
  patchRecurrent,
  patchOptimizers,
  patchTimeDistributed,
  patchGru,
  patchLoading,
  registerSegmentSum,
  patchGradients,
];

/** Installations by TF.js's class RNN. */
const installed = new Map<unknown, Installation>();

/**
 * Makes TF.js run its recurrent layers on the kernels of this package: `tf.layers.lstm`, `gru`, `simpleRNN`, `rnn` with
 * their cells, `bidirectional`, and models that are loaded; `explain(model)` tells which layers are run so. Optimizers
 * update each variable in one kernel call, `timeDistributed` calls layers that act on each row once. `resetAfter: true`
 * and models of Keras 3 are accepted. Where the backend is `cpu` or `wasm`, it selects `unrolled`, whose tensors lie in the memory
 * of the kernels.
 *
 * @param tf the module `@tensorflow/tfjs`, or an object with the exports of tfjs-core and tfjs-layers
 * @returns a function that undoes it
 * @throws {ArgumentError} if it is not TF.js with tfjs-layers, or an option is unknown
 * @throws {StateError} if it is installed already, or TF.js has no backend
 * @throws {FeatureError} if the engine does not support WebAssembly SIMD
 */
export async function install(tf: TensorFlowModule, options?: InstallOptions): Promise<() => void> {
  const given = readOptions(options);
  checkTensorFlow(tf);
  const { clipNorm: _clipNorm, backend: _backend, ...kernels } = given;
  if (!isLoaded() || Object.keys(kernels).length > 0) await init(kernels);
  // TF.js chooses its backend when it is first used
  if (!(tf as TensorFlow & TensorFlowModule).getBackend())
    await (tf as TensorFlow & TensorFlowModule).ready();
  // TF.js may have changed in the meantime
  const module = checkTensorFlow(tf);
  const { RNN } = module;
  if (installed.has(RNN)) {
    throw new StateError('install: already installed: call what it returned first');
  }
  warnOf(module, given.backend);
  const heap = new Heap();
  requireKernel(heap.arena.kernels, 'configurable_forward');
  const registered = wantsBackend(module, given) ? registerBackend(module, heap) : undefined;
  if (given.backend && !registered) throw new StateError("backend: TF.js has no backend 'cpu'");
  const classes = classesOf(module);
  const unregister = registerHardSigmoid(module);
  const fusable = new Fusable(module, classes);
  const installation: Installation = {
    ...{ tf: module, classes, patches: new Patches(), options: given, fusable, heap },
    fallbacks: registered?.fallbacks,
  };
  installed.set(RNN, installation);
  const undo = [unregister, ...FEATURES.map((feature) => feature(installation))];
  const deselect = registered?.select();
  return () => {
    if (installed.get(RNN) !== installation) return;
    installed.delete(RNN);
    installation.patches.undo();
    deselect?.();
    for (const more of undo) more?.();
    registered?.unregister();
  };
}

/** Whether to select our backend. Its tensors can be read at once, so it is no help where the others run on a GPU. */
function wantsBackend(tf: TensorFlow, { backend }: InstallOptions): boolean {
  if (tf.engine().backendNames().includes(BACKEND))
    throw new StateError(`install: TF.js has a backend '${BACKEND}' already`);
  return backend ?? ['cpu', 'wasm'].includes(tf.getBackend());
}

/** All installations. */
export function installations(): readonly Installation[] {
  return [...installed.values()];
}
