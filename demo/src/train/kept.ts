import type { Form } from '../ui/form.ts';

/** A run as it is kept. */
export interface Kept<Settings> {
  readonly settings: Settings;
  readonly checkpoint: Uint8Array;
  readonly steps: number[];
  readonly losses: number[];
}

/** A record, or an error that says what is wrong with it. A loss curve that can't be read is left out. */
export function readKept<Settings extends object>(found: unknown, form: Form<Settings>): Kept<Settings> {
  const { settings, checkpoint, steps, losses } = Object(found) as Partial<Kept<unknown>>;
  if (!(checkpoint instanceof Uint8Array)) throw new Error('it has no checkpoint');
  if (!form.accepts(settings)) throw new Error('its settings are none of this page');
  const curve = numbers(steps) && numbers(losses) && steps.length === losses.length;
  return { settings, checkpoint, ...(curve ? { steps, losses } : { steps: [], losses: [] }) };
}

const numbers = (given: unknown): given is number[] => Array.isArray(given) && given.every(Number.isFinite);

/** Errors that say nothing about the record: of the network, the worker, the memory, the browser. */
const PASSING = ['NotLoaded', 'StateError', 'MemoryError', 'FeatureError', 'AbortError'];

/** Whether a record that can't be opened now may be opened later. */
export function mayOpenLater(error: unknown): boolean {
  return PASSING.includes((error as Partial<Error>)?.name ?? '');
}
