import { CliError } from '../failure.ts';

/** The dates of the rows of a table. */
export interface Dates {
  /** Name of their column. */
  readonly column: string;
  readonly first: string;
  readonly last: string;
  /** Milliseconds from row to row; undefined if they differ. */
  readonly interval: number | undefined;
  /** The date `n` intervals after the last one, written as it is; undefined without an interval. */
  after(n: number): string | undefined;
}

/** ISO 8601: a day, with a time or without; without a time zone it is UTC. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970; undefined if it is not a date. */
export function readDate(text: string): number | undefined {
  const [, day, , minutes = '00:00', seconds = '', part = '', zone = 'Z'] = DATE.exec(text) ?? [];
  if (day === undefined) return undefined;
  const time = Date.parse(`${day}T${minutes}${seconds || ':00'}${part}${zone}`);
  // 31 February
  const isDay = !Number.isNaN(time) && new Date(Date.parse(day)).toISOString().startsWith(day);
  return isDay ? time : undefined;
}

/** @throws {CliError} if one is not a date or not after the one before */
export function readDates(column: string, rows: readonly { text: string; line: number }[]): Dates {
  const times = rows.map(({ text, line }, i) => {
    const time = readDate(text);
    const where = `line ${line}, column '${column}'`;
    if (time === undefined)
      throw new CliError(
        `${where}: expected a date such as 2024-01-31 or 2024-01-31 12:00, got '${text.slice(0, 40)}'`,
      );
    if (i > 0 && time <= readDate(rows[i - 1]!.text)!)
      throw new CliError(`${where}: ${text} is not after ${rows[i - 1]!.text}, the date before`);
    return time;
  });
  const interval = times.length > 1 ? times[1]! - times[0]! : undefined;
  const isEven = times.every((time, i) => i === 0 || time - times[i - 1]! === interval);
  const even = isEven ? interval : undefined;
  const last = rows.at(-1)!.text;
  return {
    column,
    first: rows[0]!.text,
    last,
    interval: even,
    after: (n) => (even === undefined ? undefined : written(times.at(-1)! + n * even, last)),
  };
}

/** A time in the form of another date. */
function written(time: number, like: string): string {
  const [, , space, minutes, seconds, , zone] = DATE.exec(like)!;
  const shift = offsetOf(zone);
  const iso = new Date(time + shift).toISOString();
  if (minutes === undefined) return iso.slice(0, 10);
  return `${iso.slice(0, 10)}${space}${iso.slice(11, seconds === undefined ? 16 : 19)}${zone ?? ''}`;
}

/** Milliseconds of a time zone such as +02:00. */
function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
