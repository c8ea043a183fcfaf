import type { MemoryArena } from '../memory/arena.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { begin, choose, WIDE_AT } from '../wasm/tiles.ts';

type Call = (...args: number[]) => unknown;

/** The kernels on a memory. While they are used, they select the faster tiles for it. */
export function choosing(memory: MemoryArena): KernelCalls {
  const { kernels } = memory;
  if (memory.i32[WIDE_AT]) return kernels;
  const direct = kernels as unknown as Record<string, Call>;
  const calls = { ...direct };
  for (const name in direct) {
    calls[name] = (...args) => {
      const since = begin();
      const result = direct[name]!(...args);
      choose(memory, since);
      if (!since) Object.assign(calls, direct);
      return result;
    };
  }
  return calls as unknown as KernelCalls;
}
