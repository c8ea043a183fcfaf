import type { KernelCall, LazyGradients, Tensor, TensorFlow, TensorInfo } from './tf.ts';

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

/** Uses of a kernel that is registered for all copies of tfjs-core: by backend, and '' for its gradient. */
const uses = new Map<string, number>();

/** The kernel of one installation. TF.js's registry is global, so several installations share it. */
export interface OperationKernel {
  /** Runs an operation. */
  run(operation: Operation, inputs: Record<string, Tensor>): Tensor[];
  unregister(): void;
}

/** Registers the kernel and its gradient. */
export function operationKernel(tf: TensorFlow): OperationKernel {
  const engine = tf.engine();
  const mine = new Set<string>();
  /** For backends that are added later, too. */
  const use = (backendName: string) => {
    if (mine.has(backendName)) return;
    if (backendName === '') tf.registerGradient({ kernelName: NAME, gradFunc: gradient });
    else if (!tf.getKernel(NAME, backendName)) {
      tf.registerKernel({ kernelName: NAME, backendName, kernelFunc: run });
    }
    mine.add(backendName);
    uses.set(backendName, (uses.get(backendName) ?? 0) + 1);
  };
  for (const each of ['', ...engine.backendNames()]) use(each);
  return {
    run(operation, inputs) {
      use(tf.getBackend());
      return engine.runKernel(NAME, inputs, { operation } satisfies Attributes) as Tensor[];
    },
    unregister() {
      for (const backend of mine) {
        const left = uses.get(backend)! - 1;
        uses.set(backend, left);
        if (left > 0) continue;
        if (backend === '') tf.unregisterGradient(NAME);
        else if (tf.getKernel(NAME, backend)) tf.unregisterKernel(NAME, backend);
      }
      mine.clear();
    },
  };
}

function run({ inputs, attrs }: KernelCall): TensorInfo[] {
  return (attrs as Attributes).operation.forward(inputs);
}

function gradient(dys: Tensor | Tensor[], _saved: Tensor[], attrs: object) {
  return (attrs as Attributes).operation.gradient(dys);
}
