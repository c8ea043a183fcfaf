import { type Link, linkBy, plainly } from './runtime.ts';

/** Custom instantiation functions by module. */
const links = new WeakMap<WebAssembly.Module, Link>();

/** Instantiates a module with `link` from now on. */
export function linkWith(module: WebAssembly.Module, link: Link): void {
  links.set(module, link);
  linkBy((of, imports) => linkOf(of)(of, imports));
}

/** How a module is instantiated. */
export function linkOf(module: WebAssembly.Module): Link {
  return links.get(module) ?? plainly;
}
