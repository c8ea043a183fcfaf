/** A value of a JSON file. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of a JSON file. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keras's keys are snake_case; TF.js turns keys and strings to camelCase before its classes see them. */
export function camelCase(name: string): string {
  return name.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}

/** As camelCase, of keys that are known: each is converted once. */
export const camelKey = (name: string): string => (CAMEL[name] ??= camelCase(name));
const CAMEL: Record<string, string> = {};

/** The field of a snake_case name, whichever way it is written. */
export function field(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : object[camelKey(name)];
}

/** Whether a value is a snake_case name, whichever way it is written. */
export function isNamed(value: Json | undefined, name: string): boolean {
  return value === name || value === camelKey(name);
}

/** A field's key as the object's other keys are written. */
export function keyOf(object: JsonObject, name: string): string {
  const isCamel = Object.hasOwn(object, 'className') || Object.hasOwn(object, 'batchShape');
  return isCamel ? camelCase(name) : name;
}

/**
 * What `hard_sigmoid` of Keras 3 is called: relu6(x + 3) / 6. That of Keras 2 is x / 5 + 1 / 2, clamped to 0 … 1, under the
 * same name.
 */
export const HARD_SIGMOID = 'hard_sigmoid_of_keras3';

/** Option of layers: whether they join values as Keras 3.4 and later; null if that is not known. */
export const JOINS_3 = 'joins3';

/** Argument of a call, as inboundNodes lists it, whose layer sees no mask. */
export const UNMASKED = 'unmasked';
