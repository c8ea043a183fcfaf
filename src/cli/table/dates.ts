import { CliError } from '../failure.ts';

/** The dates of the rows of a table. */
export interface Dates {
  /** Name of their column. */
  readonly column: string;
  readonly first: string;
  readonly last: string;
  /** The date `n` rows after the last one, written as the rows are; undefined unless they are even, and from the year 10000 on. */
  after(n: number): string | undefined;
}

/** ISO 8601, also with slashes: a month, or a day with a time or without; without a time zone it is UTC. */
const DATE =
  /^(\d{4})([-/])(\d{2})(?:\2(\d{2})(?:([T ])(\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:?\d{2})?)?)?$/;
/** Nanoseconds. */
const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
/** Milliseconds since 1970 at which years have more than four digits, and the months up to it from year 0. */
const END = Date.UTC(10_000, 0);
const END_MONTH = 120_000;

/** Nanoseconds since 1970; undefined if it is not a date. */
export function readDate(text: string): bigint | undefined {
  const [, year, , month, day = '01', , minutes = '00:00', seconds = ':00', part = '', zone = 'Z'] =
    DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = `${year}-${month}-${day}`;
  const time = Date.parse(`${date}T${minutes}${seconds}${zone}`);
  // 31 February
  const isDay = !Number.isNaN(time) && new Date(Date.parse(date)).toISOString().startsWith(date);
  return isDay ? BigInt(time) * MILLISECOND + BigInt(part.padEnd(9, '0')) : undefined;
}

/** @throws {CliError} if one is not a date or not after the one before */
export function readDates(column: string, rows: readonly { text: string; line: number }[]): Dates {
  const times: bigint[] = [];
  for (const [i, { text, line }] of rows.entries()) {
    const time = readDate(text);
    const where = `line ${line}, column '${column}'`;
    if (time === undefined)
      throw new CliError(
        `${where}: expected a date such as 2024-01-31 or 2024-01-31 12:00, got '${text.slice(0, 40)}'`,
      );
    if (i > 0 && time <= times[i - 1]!)
      throw new CliError(
        `${where}: ${text} is not after ${rows[i - 1]!.text}, the date before; sort the rows, the oldest first`,
      );
    times.push(time);
  }
  const last = rows.at(-1)!.text;
  const zone = zoneOf(last);
  const local = times.map((time) => time + offsetOf(zone));
  const next = byMonths(local) ?? byTime(local);
  // some programs leave out seconds and fractions that are 0
  let [like, most] = [last, detail(last)];
  for (const { text } of rows) {
    const length = detail(text);
    if (length > most) [like, most] = [text, length];
  }
  return {
    column,
    first: rows[0]!.text,
    last,
    after: (n) => next && written(next(times.length - 1 + n), like, zone),
  };
}

/** The time of row i; undefined if they do not follow the rule. */
type Rule = ((i: number) => bigint) | undefined;

function byTime(times: readonly bigint[]): Rule {
  return ruled(times, (i) => times[0]! + BigInt(i) * (times[1]! - times[0]!));
}

/** Months, quarters and years, of local times: on the same day, or on the last day of each. */
function byMonths(times: readonly bigint[]): Rule {
  const dates = times.map(dateOf);
  const isEnd = dates.every((date) => date.getUTCDate() === daysIn(date));
  const day = isEnd ? 31 : dates[0]!.getUTCDate();
  const monthOf = (date: Date) => 12 * date.getUTCFullYear() + date.getUTCMonth();
  const first = monthOf(dates[0]!);
  const months = dates.length > 1 ? monthOf(dates[1]!) - first : 0;
  return ruled(times, (i) => {
    const date = dateOf(times[0]!);
    date.setUTCDate(1);
    date.setUTCMonth(Math.min(first + i * months, END_MONTH) - 12 * date.getUTCFullYear());
    date.setUTCDate(Math.min(day, daysIn(date)));
    return BigInt(date.getTime()) * MILLISECOND + remainder(times[0]!, MILLISECOND);
  });
}

function ruled(times: readonly bigint[], rule: (i: number) => bigint): Rule {
  return times.length > 1 && times.every((time, i) => time === rule(i)) ? rule : undefined;
}

/** What is left of a time, also of one before 1970, above the next multiple of a unit below it. */
function remainder(time: bigint, unit: bigint): bigint {
  return ((time % unit) + unit) % unit;
}

/** The date of a time in ns, without the part below a millisecond. */
function dateOf(time: bigint): Date {
  return new Date(Number((time - remainder(time, MILLISECOND)) / MILLISECOND));
}

/** Days in the month of a date. */
function daysIn(date: Date): number {
  const last = new Date(date);
  last.setUTCMonth(date.getUTCMonth() + 1, 0);
  return last.getUTCDate();
}

/** The zone of a date; '' if it has none. */
function zoneOf(text: string): string {
  return DATE.exec(text)![9] ?? '';
}

/** Number of characters of a date without its zone. */
function detail(text: string): number {
  return text.length - zoneOf(text).length;
}

/** A local time in the form of another date, with a zone; undefined from the year 10000 on. */
function written(time: bigint, like: string, zone: string): string | undefined {
  const whole = dateOf(time);
  if (!(whole.getTime() < END)) return undefined;
  const [, , separator, , day, space, minutes, seconds, part] = DATE.exec(like)!;
  const iso = whole.toISOString();
  const date = iso.slice(0, day === undefined ? 7 : 10).replaceAll('-', separator!);
  if (minutes === undefined) return date;
  const nanoseconds = String(remainder(time, SECOND)).padStart(9, '0');
  const fraction = part === undefined ? '' : `.${nanoseconds.slice(0, part.length)}`;
  return `${date}${space}${iso.slice(11, seconds === undefined ? 16 : 19)}${fraction}${zone}`;
}

/** Nanoseconds of a time zone such as +02:00. */
function offsetOf(zone: string): bigint {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  if (sign === undefined) return 0n;
  return BigInt((sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000) * MILLISECOND;
}
