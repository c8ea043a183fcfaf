import { FeatureError, StateError } from '../errors.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { QuantCalls } from '../wasm/generated/quantCalls.ts';
import { linkOf, linkWith } from '../wasm/links.ts';
import { type KernelBuild, runtime, withRuntime } from '../wasm/runtime.ts';

/** The compiled kernels of quantized layers by build. */
const modules = new Map<KernelBuild, WebAssembly.Module>();
/** Those on the memory of a model, by its other kernels. */
const instances = new WeakMap<KernelCalls, QuantCalls>();

export function isSupplied(build: KernelBuild): boolean {
  return modules.has(build);
}

export function supply(build: KernelBuild, module: WebAssembly.Module): void {
  modules.set(build, module);
}

/** The module of the build in use. @throws {StateError} before it was supplied */
export function quantModule(): WebAssembly.Module {
  const module = modules.get(runtime().kernels);
  if (!module) throw new StateError('the kernels of quantized layers are not loaded');
  return module;
}

/**
 * Makes models or arenas whose memory the kernels of quantized layers run on, too: memory of one thread.
 * @throws {FeatureError} if the engine can't instantiate them
 */
export function onQuantKernels<T>(make: () => T): T {
  const { module } = runtime();
  const own = quantModule();
  const link = linkOf(module);
  linkWith(module, (of, imports) => {
    const kernels = link(of, imports) as unknown as KernelCalls;
    try {
      instances.set(kernels, new WebAssembly.Instance(own, { env: imports.env }).exports as never);
    } catch (error) {
      throw new FeatureError(`can't instantiate the kernels: ${(error as Error).message}`, { cause: error });
    }
    return kernels as never;
  });
  try {
    return withRuntime({ ...runtime(), shared: undefined }, make);
  } finally {
    linkWith(module, link);
  }
}

/** The kernels of quantized layers on the memory of a model or an arena that `onQuantKernels` made. */
export function quantKernels(arena: { readonly kernels: KernelCalls }): QuantCalls {
  return instances.get(arena.kernels)!;
}
