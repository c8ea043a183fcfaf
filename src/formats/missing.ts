import { FormatError } from '../errors.ts';

/** A file needs a part of its reader that is not there: it is read again with it, or refused if there is none. */
export class Missing extends FormatError {
  readonly part: string;

  constructor(part: string, message = part) {
    super(message);
    this.part = part;
  }
}
