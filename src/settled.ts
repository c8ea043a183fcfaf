import { allocated } from './allocate.ts';
import { arrayKind, bufferOfTyped } from './arrayKind.ts';

/**
 * Copies of a user's values, so that the checked values are the ones used. Nothing is read twice: a getter, a Proxy
 * or shared memory can't return a different value after the check.
 */

/** Minimum number of elements kept for error messages. */
const SHOWN = 8;

type TypedArrayClass = { new (from: unknown): ArrayLike<number>; readonly prototype: object };

/** The class of a typed array, in this realm. */
function classOf(value: unknown): TypedArrayClass | undefined {
  const kind = arrayKind(value);
  return kind ? (globalThis as unknown as Record<string, TypedArrayClass>)[kind] : undefined;
}

/** Whether it is a plain typed array over memory that is not shared, so that reading it runs no user code. */
function isSettled(value: unknown): value is ArrayLike<number> {
  const made = classOf(value);
  return (
    made !== undefined &&
    Object.getPrototypeOf(value) === made.prototype &&
    !Object.hasOwn(value as object, 'length') &&
    bufferOfTyped(value) instanceof ArrayBuffer
  );
}

/**
 * Returns a settled array as it is, otherwise a copy: of a typed array of the same class; of a plain array, with
 * holes after the first element that is not a number. Other values are returned unchanged.
 */
export function settledList<T>(value: T): T {
  if (isSettled(value)) return value;
  const made = classOf(value);
  if (made) return allocated(0, () => new made(value)) as T;
  if (!Array.isArray(value)) return value;
  const copy: unknown[] = [];
  const { length } = value;
  for (let i = 0, numbers = true; i < length && (numbers || i < SHOWN); i++) {
    const element: unknown = value[i];
    copy.push(element);
    numbers &&= typeof element === 'number';
  }
  // missing elements are holes; the error is thrown at the first element that is not a number
  if (copy.length < length) copy.length = length;
  return copy as T;
}

/** Settles numbers or { data, shape }, reading each property once. */
export function settled<T>(given: T): T {
  if (typeof given !== 'object' || given === null) return given;
  if (Array.isArray(given) || classOf(given)) return settledList(given);
  const { data, shape } = given as { data?: unknown; shape?: unknown };
  if (data === undefined && shape === undefined) return given;
  return { data: settledList(data), shape: Array.isArray(shape) ? settledList(shape) : shape } as T;
}
