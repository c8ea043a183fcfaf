/** A note, or with `pitch` 0 a rest. */
export interface Note {
  /** As MIDI counts: 60 is middle C. */
  readonly pitch: number;
  /** Quarters. */
  readonly length: number;
}

const SEMITONES: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const NAMES = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'B♭', 'B'];
const NOTE = /([_^]?)([A-Ga-gz])([,']*)(\d*)(\/?)(\d*)/g;

/** The notes of a line of ABC notation with L:1/4: letters, accidentals, octave marks, lengths, rests. */
export function parse(abc: string): Note[] {
  return [...abc.matchAll(NOTE)].map(([, accidental, letter, octaves, times, slash, over]) => {
    const length = Number(times || 1) / (slash ? Number(over || 2) : 1);
    if (letter === 'z') return { pitch: 0, length };
    const upper = letter!.toUpperCase();
    const base = (letter === upper ? 60 : 72) + SEMITONES[upper]!;
    const moved = [...octaves!].reduce((sum, mark) => sum + (mark === ',' ? -12 : 12), 0);
    return { pitch: base + moved + (accidental === '^' ? 1 : accidental === '_' ? -1 : 0), length };
  });
}

/** Such as `G4`. */
export function nameOf(pitch: number): string {
  return pitch ? `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}` : 'rest';
}

/** Notes as indices: each pitch with each length that occurs in the tunes; 0 begins and ends a tune. */
export class Scale {
  readonly notes: readonly Note[];
  readonly #index: ReadonlyMap<string, number>;

  constructor(tunes: readonly (readonly Note[])[]) {
    const known = new Map(tunes.flat().map((note) => [keyOf(note), note]));
    this.notes = [...known.values()].sort((a, b) => a.pitch - b.pitch || a.length - b.length);
    this.#index = new Map(this.notes.map((note, i) => [keyOf(note), i + 1]));
  }

  get size(): number {
    return this.notes.length + 1;
  }

  encode(tune: readonly Note[]): number[] {
    return [0, ...tune.map((note) => this.#index.get(keyOf(note))!)];
  }

  /** Up to where the tune ends. */
  decode(indices: Int32Array): Note[] {
    const end = indices.indexOf(0);
    return Array.from(end < 0 ? indices : indices.subarray(0, end), (index) => this.notes[index - 1]!);
  }
}

const keyOf = ({ pitch, length }: Note) => `${pitch}:${length}`;
