import { ArgumentError, Verbatim } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { QuantCalls } from '../wasm/generated/quantCalls.ts';
import type { Arena } from './arena.ts';
import { QUANT_SIGNATURES } from './generated/quantSignatures.ts';
import { SIGNATURES } from './generated/signatures.ts';
import type { QuantArena } from './quantArena.ts';

/**
 * The kernels with checked arguments: their number, integers, and pointers (0, or a multiple of 4 inside the arena).
 * How far a kernel reads and writes is not checked. For development: adds a few hundred nanoseconds per call.
 */
export function checked(arena: Arena): KernelCalls {
  return withChecks(SIGNATURES, arena, () => arena.kernels);
}

/** `checked` for the kernels of int8 weights. */
export function checkedQuant(arena: QuantArena): QuantCalls {
  return withChecks(QUANT_SIGNATURES, arena, () => arena.quant);
}

function withChecks<Calls extends object>(
  signatures: Readonly<Record<keyof Calls, string>>,
  arena: Arena,
  kernels: () => Calls,
): Calls {
  const entries = Object.entries<string>(signatures).map(([name, text]) => {
    const parameters = text ? text.split(' ').map((part) => part.split(':') as [string, string]) : [];
    const call = (...args: number[]) => {
      if (args.length !== parameters.length) {
        const list = parameters.map(([parameter]) => parameter).join(', ');
        throw new ArgumentError(
          name,
          `${parameters.length} arguments (${list})`,
          new Verbatim(`${args.length}`),
        );
      }
      for (const [i, [parameter, kind]] of parameters.entries()) {
        check(`${name}: ${parameter}`, kind, args[i], arena.bytes);
      }
      return (kernels()[name as keyof Calls] as (...args: number[]) => number)(...args);
    };
    return [name, call] as const;
  });
  return Object.fromEntries(entries) as Calls;
}

function check(what: string, kind: string, value: unknown, bytes: number): void {
  if (typeof value !== 'number') throw new ArgumentError(what, 'a number', value);
  if (kind === 'i' && (value | 0) !== value) throw new ArgumentError(what, 'a 32-bit integer', value);
  if (kind !== 'p' || value === 0) return;
  if (!Number.isInteger(value / 4) || value < MemoryArena.start || value > bytes) {
    throw new ArgumentError(what, `0 or a multiple of 4 in ${MemoryArena.start}..${bytes}`, value);
  }
}
