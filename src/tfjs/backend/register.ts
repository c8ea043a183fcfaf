import type { Heap } from '../heap.ts';
import type { Kernel, TensorFlow } from '../tf.ts';
import { BACKEND, makeBackend, type UnrolledBackend } from './backend.ts';
import { convolutions } from './conv.ts';
import type { CpuBackend } from './cpuBackend.ts';
import { creations } from './create.ts';
import { elementwise } from './elementwise.ts';
import { products } from './matMul.ts';
import { moves } from './move.ts';
import type { OwnCall, OwnKernel } from './own.ts';
import { rows } from './reduce.ts';

/** Our kernels by TF.js's names. All others are those of the cpu backend. */
export const OWN: Readonly<Record<string, OwnKernel>> = {
  ...convolutions,
  ...creations,
  ...elementwise,
  ...moves,
  ...products,
  ...rows,
};

/** Kernels of the cpu backend that only count one more reference to the data. */
const FREE: readonly string[] = ['ExpandDims', 'Identity', 'Reshape'];

/** A registered backend. */
export interface Registered {
  /** How often code of the cpu backend ran, by the name of the kernel. */
  readonly fallbacks: ReadonlyMap<string, number>;
  /** Selects it, and returns a function that selects the one before, unless another one was selected since. */
  select(): () => void;
  /** Takes it from TF.js. Its tensors keep their data, and move to another backend when they are used. */
  unregister(): void;
}

/** Registers the backend with the kernels of TF.js's cpu backend. Undefined if TF.js has no cpu backend. */
export function registerBackend(tf: TensorFlow, heap: Heap): Registered | undefined {
  const Cpu = tf.findBackend('cpu')?.constructor as (new () => CpuBackend) | undefined;
  if (!Cpu) return undefined;
  let backend: UnrolledBackend | undefined;
  // TF.js makes another one after `tf.engine().reset()`; it never chooses it by itself
  tf.registerBackend(BACKEND, () => (backend = makeBackend(Cpu, heap)), 0);
  const fallbacks = new Map<string, number>();
  for (const kernel of tf.getKernelsForBackend('cpu'))
    tf.registerKernel(onOurMemory(kernel, heap, fallbacks));
  return {
    fallbacks,
    select: () => {
      const before = tf.getBackend();
      void tf.setBackend(BACKEND);
      return () => {
        if (tf.getBackend() === BACKEND && tf.findBackend(before)) void tf.setBackend(before);
      };
    },
    unregister: () => {
      // tensors keep their data
      if (backend) backend.dispose = () => {};
      if (tf.engine().registryFactory[BACKEND]) tf.removeBackend(BACKEND);
      for (const { kernelName } of tf.getKernelsForBackend(BACKEND)) tf.unregisterKernel(kernelName, BACKEND);
    },
  };
}

/** A kernel of the cpu backend, or ours where there is one and it can. */
function onOurMemory(kernel: Kernel, heap: Heap, fallbacks: Map<string, number>): Kernel {
  const { kernelName, kernelFunc } = kernel;
  const own = OWN[kernelName];
  return {
    ...kernel,
    backendName: BACKEND,
    kernelFunc: (call) => {
      const done = own && heap.attempt(own, call as unknown as OwnCall);
      if (done) return done;
      if (!FREE.includes(kernelName)) fallbacks.set(kernelName, (fallbacks.get(kernelName) ?? 0) + 1);
      return kernelFunc(call);
    },
  };
}
