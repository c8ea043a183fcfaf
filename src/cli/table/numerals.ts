import { CliError } from '../failure.ts';

const POINT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA = /^[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?$/i;
/** Texts that stand for a missing value, in lower case. */
const NONE = new Set(['', 'na', 'n/a', 'nan', 'null', 'none']);
/** What people write dates like, in the orders that are not read. */
const DAY = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b/;
/** Characters of a field that a message shows. */
const SHOWN = 40;

/** Whether a field is a number with a decimal point or none. */
export function isNumeral(field: string): boolean {
  return POINT.test(field);
}

/** A place of a table, as messages name it. */
export function placeOf(line: number, column: string): string {
  return `line ${line}, column '${column}'`;
}

/** Reads the numbers of one table. */
export class Numerals {
  readonly #commas: boolean;
  readonly #hint: string;
  /** Where the first number with a decimal comma, and with a point, was. */
  #comma: string | undefined;
  #point: string | undefined;

  /** commas: whether numbers may have a decimal comma. hint: what to do about a field that is no number. */
  constructor(commas: boolean, hint: string) {
    this.#commas = commas;
    this.#hint = hint;
  }

  /**
   * The number of a field; undefined if there is none.
   * @throws {CliError} if it is no finite float32, or some numbers have a decimal comma and others a point
   */
  read(field: string, line: number, column: string): number | undefined {
    if (NONE.has(field.toLowerCase())) return undefined;
    const isComma = this.#commas && COMMA.test(field);
    const value = isComma || POINT.test(field) ? Number(field.replace(',', '.')) : Number.NaN;
    if (!Number.isFinite(Math.fround(value))) throw this.#refused(field, placeOf(line, column));
    if (isComma) this.#comma ??= placeOf(line, column);
    else if (field.includes('.')) this.#point ??= placeOf(line, column);
    if (this.#comma !== undefined && this.#point !== undefined)
      throw new CliError(
        `${this.#point} has a decimal point, but ${this.#comma} has a decimal comma: expected one of them in all of the table`,
      );
    return value;
  }

  #refused(field: string, where: string): CliError {
    const shown = field.length > SHOWN ? `${field.slice(0, SHOWN)}…` : field;
    const expected = DAY.test(field) ? 'a number, or a date such as 2024-01-31' : 'a number';
    return new CliError(`${where}: expected ${expected}, got '${shown}'${this.#hint}`);
  }
}
