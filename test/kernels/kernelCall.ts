import type { Sandbox } from './sandbox.ts';

/** Places tensors in a sandbox of their own; the buffer named `flush` ends the memory. */
export class KernelCall {
  /** The buffers of the call. */
  readonly names: string[] = [];
  readonly sandbox: Sandbox;
  readonly #given: Record<string, Float64Array>;
  readonly #flush: string;
  readonly #outputs: Record<string, [ptr: number, length: number]> = {};

  constructor(sandbox: Sandbox, given: Record<string, Float64Array>, flush: string) {
    this.sandbox = sandbox;
    this.#given = given;
    this.#flush = flush;
  }

  input(name: string, values: ArrayLike<number> = this.#given[name]!): number {
    return this.sandbox.input(name, values, this.#place(name));
  }

  /** 0 for none. */
  indices(name: string, values: ArrayLike<number> | undefined): number {
    return values ? this.sandbox.indices(name, values, this.#place(name)) : 0;
  }

  output(name: string, values: ArrayLike<number> | number): number {
    const ptr = this.sandbox.output(name, values, this.#place(name));
    this.#outputs[name] = [ptr, typeof values === 'number' ? values : values.length];
    return ptr;
  }

  work(bytes: number): number {
    return this.sandbox.work(bytes, this.#place('work'));
  }

  /** What the outputs hold by now. */
  read(): Record<string, Float32Array> {
    const outputs = Object.entries(this.#outputs);
    return Object.fromEntries(outputs.map(([name, [ptr, n]]) => [name, this.sandbox.read(ptr, n)]));
  }

  #place(name: string): 'flush' | 'guarded' {
    this.names.push(name);
    return name === this.#flush ? 'flush' : 'guarded';
  }
}
