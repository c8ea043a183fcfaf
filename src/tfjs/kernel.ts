import type { Sequence } from './sequence.ts';
import type { KernelCall, Tensor, TensorFlow, TensorInfo } from './tf.ts';

const NAME = 'UnrolledRecurrent';

/** What the kernel is called with. */
interface Attributes {
  readonly sequence: Sequence;
}

/** Uses of a kernel that is registered for all copies of tfjs-core: by backend, and '' for its gradient. */
const uses = new Map<string, number>();

/** The kernel of one installation. TF.js's registry is global, so several installations share it. */
export class RecurrentKernel {
  readonly #tf: TensorFlow;
  readonly #mine = new Set<string>();

  constructor(tf: TensorFlow) {
    this.#tf = tf;
    this.#register('', () => tf.registerGradient({ kernelName: NAME, gradFunc: gradient }));
    for (const backend of tf.engine().backendNames()) this.#registerFor(backend);
  }

  /** Runs a sequence. inputs: x first. */
  run(sequence: Sequence, inputs: Record<string, Tensor>): Tensor[] {
    const engine = this.#tf.engine();
    this.#registerFor(this.#tf.getBackend());
    return engine.runKernel(NAME, inputs, { sequence } satisfies Attributes) as Tensor[];
  }

  unregister(): void {
    for (const backend of this.#mine) {
      const left = uses.get(backend)! - 1;
      uses.set(backend, left);
      if (left > 0) continue;
      if (backend === '') this.#tf.unregisterGradient(NAME);
      else if (this.#tf.getKernel(NAME, backend)) this.#tf.unregisterKernel(NAME, backend);
    }
    this.#mine.clear();
  }

  /** For backends that are added later, too. */
  #registerFor(backendName: string): void {
    this.#register(backendName, () => {
      if (!this.#tf.getKernel(NAME, backendName)) {
        this.#tf.registerKernel({ kernelName: NAME, backendName, kernelFunc: run });
      }
    });
  }

  #register(backend: string, register: () => void): void {
    if (this.#mine.has(backend)) return;
    register();
    this.#mine.add(backend);
    uses.set(backend, (uses.get(backend) ?? 0) + 1);
  }
}

function run({ inputs, attrs }: KernelCall): TensorInfo[] {
  return (attrs as Attributes).sequence.forward(inputs);
}

function gradient(dys: Tensor | Tensor[], _saved: Tensor[], attrs: object) {
  return (attrs as Attributes).sequence.gradient(dys);
}
