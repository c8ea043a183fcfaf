import { CliError } from '../failure.ts';

/** The dates of the rows of a table. */
export interface Dates {
  /** Name of their column. */
  readonly column: string;
  readonly first: string;
  readonly last: string;
  /** Whether rows are as far apart as their neighbours: the same time, or the same number of months. */
  readonly isEven: boolean;
  /** The date `n` rows after the last one, written as it is; undefined unless the rows are even. */
  after(n: number): string | undefined;
}

/** ISO 8601, also with slashes: a month, or a day with a time or without; without a time zone it is UTC. */
const DATE =
  /^(\d{4})([-/])(\d{2})(?:\2(\d{2})(?:([T ])(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?)?$/;

/** Milliseconds since 1970; undefined if it is not a date. */
export function readDate(text: string): number | undefined {
  const [, year, , month, day = '01', , minutes = '00:00', seconds, part = '', zone = 'Z'] =
    DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = `${year}-${month}-${day}`;
  const time = Date.parse(`${date}T${minutes}${seconds ?? ':00'}${part}${zone}`);
  // 31 February
  const isDay = !Number.isNaN(time) && new Date(Date.parse(date)).toISOString().startsWith(date);
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
      throw new CliError(
        `${where}: ${text} is not after ${rows[i - 1]!.text}, the date before; sort the rows, the oldest first`,
      );
    return time;
  });
  const next = byMonths(times) ?? byTime(times);
  const last = rows.at(-1)!.text;
  return {
    column,
    first: rows[0]!.text,
    last,
    isEven: next !== undefined,
    after: (n) => (next ? written(next(times.length - 1 + n), last) : undefined),
  };
}

/** The time of row i; undefined if they do not follow the rule. */
type Rule = ((i: number) => number) | undefined;

function byTime(times: readonly number[]): Rule {
  return ruled(times, (i) => times[0]! + i * (times[1]! - times[0]!));
}

/** Months, quarters and years: on the same day, or on the last day of each. */
function byMonths(times: readonly number[]): Rule {
  const dates = times.map((time) => new Date(time));
  const isEnd = dates.every((date) => date.getUTCDate() === daysIn(date));
  const day = isEnd ? 31 : dates[0]!.getUTCDate();
  const monthOf = (date: Date) => 12 * date.getUTCFullYear() + date.getUTCMonth();
  const first = monthOf(dates[0]!);
  const months = dates.length > 1 ? monthOf(dates[1]!) - first : 0;
  return ruled(times, (i) => {
    const date = new Date(times[0]!);
    date.setUTCDate(1);
    date.setUTCMonth(first + i * months - 12 * date.getUTCFullYear());
    date.setUTCDate(Math.min(day, daysIn(date)));
    return date.getTime();
  });
}

function ruled(times: readonly number[], rule: (i: number) => number): Rule {
  return times.length > 1 && times.every((time, i) => time === rule(i)) ? rule : undefined;
}

/** Days in the month of a date. */
function daysIn(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** A time in the form of another date. */
function written(time: number, like: string): string {
  const [, , separator, , day, space, minutes, seconds, , zone] = DATE.exec(like)!;
  const iso = new Date(time + offsetOf(zone)).toISOString();
  const date = iso.slice(0, day === undefined ? 7 : 10).replaceAll('-', separator!);
  if (minutes === undefined) return date;
  return `${date}${space}${iso.slice(11, seconds === undefined ? 16 : 19)}${zone ?? ''}`;
}

/** Milliseconds of a time zone such as +02:00. */
function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
