import { FormatError } from '../../errors.ts';
import { Missing } from '../missing.ts';
import { field, isObject, type Json, type JsonObject } from './json.ts';

/** @throws {FormatError} always */
export function fail(what: string): never {
  throw new FormatError(`keras: ${what}`);
}

/** The config of a layer, whose options are read by name. */
export class LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly options: JsonObject;

  constructor(className: string, options: JsonObject, name = field(options, 'name')) {
    this.className = className;
    this.options = options;
    this.name = typeof name === 'string' ? name : className;
  }

  /** @throws {FormatError} that names the layer */
  fail(what: string): never {
    return fail(`layer ${this.name} (${this.className}): ${what}`);
  }

  /** @throws {Missing} that names the layer: a table that is not there may have it */
  lacks(what: string): never {
    throw new Missing('layers', `keras: layer ${this.name} (${this.className}): ${what} not supported`);
  }

  /** @throws {FormatError} that names an option and its value */
  refuse(option: string, why = 'is not supported'): never {
    return this.fail(`${option} ${shown(this.get(option))} ${why}`);
  }

  /** The only input. */
  one<T>(inputs: readonly T[]): T {
    return inputs.length === 1 ? inputs[0]! : this.fail(`expected one input, got ${inputs.length}`);
  }

  /** The number of features of an input. @throws {FormatError} if it is not fixed */
  features(value: { readonly shape: readonly (number | null)[] } | undefined): number {
    if (!value) return this.fail('it has no input');
    if (value.shape.length < 1) this.fail(`an input of shape [batch] is not supported`);
    return value.shape.at(-1) ?? this.fail('its input has no fixed features');
  }

  /** As `features`, of an input that must be a sequence. */
  sequenceFeatures(value: { readonly shape: readonly (number | null)[] } | undefined): number {
    const features = this.features(value);
    return value?.shape.length === 2 ? features : this.fail('its input is not a sequence');
  }

  get(option: string): Json | undefined {
    return field(this.options, option);
  }

  /** @throws {FormatError} unless the option has one of these values; null and a missing option are `undefined` */
  only(option: string, ...allowed: readonly Json[]): void {
    const value = this.get(option);
    if (value === undefined || value === null || allowed.some((one) => same(one, value))) return;
    this.refuse(option);
  }

  /** Text; `otherwise` where the option is missing. */
  text(option: string, otherwise?: string): string {
    const value = this.get(option) ?? otherwise;
    return typeof value === 'string' ? value : this.refuse(option, 'is not a text');
  }

  flag(option: string, otherwise: boolean): boolean {
    const value = this.get(option) ?? otherwise;
    return typeof value === 'boolean' ? value : this.refuse(option, 'is not true or false');
  }

  number(option: string, otherwise?: number): number {
    const value = this.get(option) ?? otherwise;
    return typeof value === 'number' ? value : this.refuse(option, 'is not a number');
  }

  /** A number of at least 0 and below 1. */
  fraction(option: string, otherwise?: number): number {
    const value = this.number(option, otherwise);
    return value >= 0 && value < 1 ? value : this.refuse(option, 'is not between 0 and 1');
  }

  /** An integer of at least 1; also the only one of a list, as [3]. */
  size(option: string, otherwise?: number): number {
    const given = this.get(option) ?? otherwise;
    const value = Array.isArray(given) && given.length === 1 ? given[0] : given;
    if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
    return this.refuse(option, 'is not a number of at least 1');
  }

  /** A config { class_name, config } inside this one. @throws {FormatError} if it is none */
  inner(option: string): LayerConfig {
    return layerOf(this.get(option)) ?? this.refuse(option, 'is not a layer');
  }
}

/** The layer of { class_name, config }; undefined if it is none. */
export function layerOf(value: Json | undefined): LayerConfig | undefined {
  if (!isObject(value)) return undefined;
  const className = field(value, 'class_name');
  const config = field(value, 'config');
  if (typeof className !== 'string') return undefined;
  // models of Keras 2.1 are lists of layers
  const options = Array.isArray(config) ? { layers: config } : config;
  if (!isObject(options)) return undefined;
  // Keras 3 writes the name of a registered class, such as Custom>Attention2
  return new LayerConfig(className, options, field(options, 'name') ?? field(value, 'name'));
}

const same = (a: Json, b: Json) => a === b || JSON.stringify(a) === JSON.stringify(b);

export function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
