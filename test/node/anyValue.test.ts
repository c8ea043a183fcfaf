import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { init, UnrolledError } from '../../src/index.ts';

const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, unknown>;
};

/** Entries with the same code as another one, for scripts of workers, that need a server or TensorFlow.js, or without functions. */
const OTHERS = /\.json$|core|slim|inference|processor|worker|cluster|tfjs$|\.wasm$|min|keras-|operators/;
/** Made by static methods only; and what compiles kernels. */
const LEFT_OUT = ['WordVocabulary', 'AudioModel', 'init', 'initSync'];

/** The first file of an entry that its conditions name, as source. */
function sourceOf(target: unknown): string | undefined {
  if (typeof target !== 'string') {
    const { default: last, import: own } = target as { default?: unknown; import?: unknown };
    const next = last ?? own;
    return next === undefined ? undefined : sourceOf(next);
  }
  return target.endsWith('.js') ? target.replace('./dist/', '../../src/').replace(/\.js$/, '.ts') : undefined;
}

const entries = Object.entries(exports).flatMap(([entry, target]) => {
  const source = OTHERS.test(entry) ? undefined : sourceOf(target);
  return source ? [[entry, source] as const] : [];
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function transferred(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

class Failing {
  get length(): number {
    throw new Error('length');
  }
  get a(): number {
    throw new Error('a');
  }
}

const VALUES: readonly (readonly [what: string, make: () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a symbol', () => Symbol('s')],
  ['a bigint', () => 3n],
  ['a proxy that was revoked', revoked],
  ['a promise', () => Promise.resolve(1)],
  ['a function', () => () => 1],
  ['1e300', () => 1e300],
  ['1.5', () => 1.5],
  ['NaN', () => Number.NaN],
  ['-1', () => -1],
  ['a text', () => 'x'],
  ['an object', () => ({})],
  ['an object without a prototype', () => Object.create(null)],
  ['an array', () => []],
  ['an array of a symbol', () => [Symbol('t')]],
  ['a map of numbers', () => new Map([['a', 1]])],
  ['a map of null', () => new Map([['a', null]])],
  ['getters that throw', () => new Failing()],
  [
    'getters of its own that throw',
    () => Object.defineProperty({}, 'a', { get: () => new Failing().a, enumerable: true }),
  ],
  ['an array buffer that was transferred', () => transferred().buffer],
  ['bytes that were transferred', transferred],
  ['three bytes', () => new Uint8Array(3)],
];

/** Those whose reading throws: an error can't say more than that. */
const THROWS = /revoked|throw|transferred/;

type Callable = (...args: unknown[]) => unknown;

const isClass = (value: unknown) => /^class/.test(Function.prototype.toString.call(value));

/** What an entry exports that can be called: functions, classes, static methods; errors take anything. */
function callables(
  module: Readonly<Record<string, unknown>>,
): (readonly [name: string, call: Callable, count: number])[] {
  return Object.entries(module).flatMap(([name, value]) => {
    if (typeof value !== 'function' || value.prototype instanceof Error) return [];
    if (!isClass(value)) return [[name, value as Callable, value.length] as const];
    const Made = value as unknown as new (...args: unknown[]) => unknown;
    const statics = Object.getOwnPropertyNames(value).flatMap((key) => {
      const method: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
      if (key === 'prototype' || typeof method !== 'function') return [];
      return [[`${name}.${key}`, method.bind(value) as Callable, method.length] as const];
    });
    return [[name, (...args: unknown[]) => new Made(...args), value.length] as const, ...statics];
  });
}

/** Lists of arguments with a value: all of them, only the first one, one of several. */
function* argumentsWith(make: () => unknown, count: number): Iterable<unknown[]> {
  yield Array.from({ length: count }, make);
  yield [make()];
  for (let at = 0; at < Math.min(count, 5); at++)
    for (const other of [1, 'x']) yield Array.from({ length: count }, (_, i) => (i === at ? make() : other));
}

beforeAll(() => init());

describe.each(entries)('%s', (_, source) => {
  test('what it exports takes any value, or refuses it by an error of its own', async () => {
    const module = (await import(source)) as Readonly<Record<string, unknown>>;
    const wrong: string[] = [];
    let calls = 0;
    for (const [name, call, count] of callables(module)) {
      if (LEFT_OUT.includes(name)) continue;
      for (const [what, make] of VALUES) {
        for (const args of argumentsWith(make, Math.max(count, 1) + 1)) {
          calls++;
          try {
            await call(...args);
          } catch (error) {
            const isVague = /a readable value/.test(String(error)) && !THROWS.test(what);
            if (isVague || !(error instanceof UnrolledError)) wrong.push(`${name} with ${what}: ${error}`);
          }
        }
      }
    }
    expect([...new Set(wrong)]).toEqual([]);
    expect(calls).toBeGreaterThan(VALUES.length);
  });
});
