import { ArgumentError, StateError } from '../errors.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { QuantCalls } from '../wasm/generated/quantCalls.ts';
import { linkOf, linkWith } from '../wasm/links.ts';
import { type KernelBuild, runtime, withRuntime } from '../wasm/runtime.ts';

/** The compiled kernels of quantized layers by build. */
const modules = new Map<KernelBuild, WebAssembly.Module>();
/** One of them, which other modules lack. */
const KERNEL: keyof QuantCalls = 'quant_gather';
/** Those on the memory of a model, by its other kernels. */
const instances = new WeakMap<KernelCalls, QuantCalls>();

export function isSupplied(build: KernelBuild): boolean {
  return modules.has(build);
}

/** @throws {ArgumentError} if a module does not export the kernels of quantized layers */
export function supply(build: KernelBuild, module: WebAssembly.Module): void {
  const isModule = module instanceof WebAssembly.Module;
  if (!isModule || !WebAssembly.Module.exports(module).some(({ name }) => name === KERNEL))
    throw new ArgumentError('quantModule', 'the kernels of quantized layers', module);
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
    instances.set(kernels, new WebAssembly.Instance(own, { env: imports.env }).exports as never);
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
