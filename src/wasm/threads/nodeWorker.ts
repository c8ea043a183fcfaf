/** The interface used of a node:worker_threads Worker. */
export interface NodeWorker {
  /** Sends a message. */
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Adds a listener. */
  // biome-ignore lint/suspicious/noExplicitAny: events have arguments of their own
  on(event: string, listener: (value: any) => void): unknown;
  /** Ends the worker. */
  terminate(): Promise<number>;
  /** Keeps the process alive. */
  ref(): void;
  /** Lets the process end. */
  unref(): void;
  /** `idle`: in ms, of its event loop; -1 once that is gone. @internal */
  readonly performance?: { eventLoopUtilization?(): { readonly idle: number } } | undefined;
}

interface Threads {
  readonly Worker: new (source: URL | string, options?: { readonly eval: boolean }) => NodeWorker;
}

interface Process {
  getBuiltinModule?(name: string): Threads | undefined;
}

/** Threads of worker_threads, in Node and Deno; undefined elsewhere. */
export function nodeThreads(): Threads | undefined {
  const { process } = globalThis as { process?: Process };
  return process?.getBuiltinModule?.('node:worker_threads');
}

/** Whether workers are Web Workers. Those of Deno keep its process until they are terminated; its threads of Node don't. */
export function webWorkers(): boolean {
  return typeof Worker === 'function' && !('Deno' in globalThis && nodeThreads());
}
