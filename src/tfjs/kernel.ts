import type { Heap } from './heap.ts';
import type { Engine, KernelCall, LazyGradients, Tensor, TensorFlow, TensorInfo } from './tf.ts';

const NAME = 'UnrolledRecurrent';

/** What the kernel runs. */
export interface Operation {
  forward(inputs: Record<string, TensorInfo>): TensorInfo[];
  gradient(dys: Tensor | Tensor[]): LazyGradients;
}

/** What the kernel is called with. */
interface Attributes {
  readonly operation: Operation;
}

/** Installations whose kernel is registered: it is one for all copies of tfjs-core. */
let users = 0;

/** Backends that have it. */
const backends = new Set<string>();

/** The kernel of one installation. TF.js's registry is global, so several installations share it. */
export interface OperationKernel {
  /** Runs an operation. */
  run(operation: Operation, inputs: Record<string, Tensor>): Tensor[];
  unregister(): void;
}

/** Registers the kernel and its gradient. */
export function operationKernel(tf: TensorFlow): OperationKernel {
  const engine = tf.engine();
  /** For backends that are added later, too. */
  const use = (backendName: string) => {
    if (tf.getKernel(NAME, backendName)) return;
    tf.registerKernel({ kernelName: NAME, backendName, kernelFunc: run });
    backends.add(backendName);
  };
  if (!users++) tf.registerGradient({ kernelName: NAME, gradFunc: gradient });
  for (const each of engine.backendNames()) use(each);
  return {
    run(operation, inputs) {
      use(tf.getBackend());
      return engine.runKernel(NAME, inputs, { operation } satisfies Attributes) as Tensor[];
    },
    unregister() {
      if (--users) return;
      tf.unregisterGradient(NAME);
      for (const each of backends) if (tf.getKernel(NAME, each)) tf.unregisterKernel(NAME, each);
    },
  };
}

/** A gradient that is computed when it is asked for. */
export function lazily(engine: Engine, heap: Heap, compute: () => TensorInfo): () => Tensor {
  return () => engine.makeTensorFromTensorInfo(heap.attempt(compute));
}

function run({ inputs, attrs }: KernelCall): TensorInfo[] {
  return (attrs as Attributes).operation.forward(inputs);
}

function gradient(dys: Tensor | Tensor[], _saved: Tensor[], attrs: object) {
  return (attrs as Attributes).operation.gradient(dys);
}
