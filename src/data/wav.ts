import { byteArray, floats } from '../allocate.ts';
import { integer, keyOf, type Names, options } from '../check.ts';
import { ArgumentError, FormatError, reading, ShapeError } from '../errors.ts';
import { toBytes } from '../io/parse.ts';
import { checkNumbers } from './checkNumbers.ts';

/** Sample formats of `serializeWav`. */
export type WavFormat = 'int16' | 'int24' | 'float32';

/** Audio samples. */
export interface Wav {
  /** Samples per second. */
  readonly sampleRate: number;
  /** One array of samples per channel, in −1..1. */
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}

/** Options of `serializeWav`. */
export interface WavOptions {
  /** Default `int16`; samples outside −1..1 are clipped in integer formats. */
  readonly format?: WavFormat | undefined;
}

const OPTIONS: Names<WavOptions> = { format: true };
const PCM = 1;
const FLOAT = 3;
/** The format is in the first two bytes of the subformat. */
const EXTENSIBLE = 0xfffe;
const BYTES: Readonly<Record<WavFormat, number>> = { int16: 2, int24: 3, float32: 4 };

/** Reads one sample; integer formats are scaled by a power of two. */
type ReadSample = (view: DataView, at: number) => number;

/** By format and bits. */
const READERS: Readonly<Record<number, Readonly<Record<number, ReadSample>>>> = {
  [PCM]: {
    8: (view, at) => (view.getUint8(at) - 128) / 128,
    16: (view, at) => view.getInt16(at, true) / 2 ** 15,
    24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
    32: (view, at) => view.getInt32(at, true) / 2 ** 31,
  },
  [FLOAT]: {
    32: (view, at) => view.getFloat32(at, true),
    64: (view, at) => view.getFloat64(at, true),
  },
};

/**
 * Parses a WAV file (RIFF/WAVE): PCM of 8, 16, 24 or 32 bits, or float of 32 or 64 bits, any number of channels.
 * Samples of a data chunk that is longer than the file are read to the end of the file, as of a stream that was cut.
 * @throws {ArgumentError} if `bytes` is not a Uint8Array or ArrayBuffer
 * @throws {FormatError} if it is not a WAV file, its format is another, or its samples lie in wider containers
 * @throws {MemoryError} if there is no memory for the samples
 */
export function parseWav(bytes: Uint8Array | ArrayBuffer): Wav {
  const array = toBytes(bytes);
  const view = new DataView(array.buffer, array.byteOffset, array.byteLength);
  if (view.byteLength < 12 || tag(array, 0) !== 'RIFF' || tag(array, 8) !== 'WAVE')
    throw new FormatError('not a WAV file: it does not start with RIFF and WAVE');
  let format: Format | undefined;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = tag(array, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === 'fmt ') format = readFormat(view, body, size);
    if (name === 'data') {
      if (!format) throw new FormatError('WAV: the data chunk comes before the fmt chunk');
      return readSamples(view, body, Math.min(size, view.byteLength - body), format);
    }
    at = body + size + (size % 2);
  }
  throw new FormatError('WAV: there is no data chunk');
}

/**
 * Writes a WAV file.
 * @throws {ArgumentError} if the sample rate or an option is invalid, or there are no channels
 * @throws {ShapeError} if the channels have different lengths
 */
export function serializeWav(wav: Wav, opts?: WavOptions): Uint8Array<ArrayBuffer> {
  const { format = 'int16' } = options('serializeWav', opts, OPTIONS);
  keyOf('format', format, BYTES);
  const { sampleRate: rate, channels } = reading('wav', wav, () => ({ ...wav }));
  const sampleRate = integer('sampleRate', rate, 1, 2 ** 31 - 1);
  const width = BYTES[format];
  const frames = reading('channels', channels, () => framesOf(channels, Math.floor(65535 / width)));
  const block = width * channels.length;
  const size = frames * block;
  const out = byteArray(44 + size + (size % 2));
  const view = new DataView(out.buffer);
  write(view, 0, 'RIFF');
  view.setUint32(4, out.length - 8, true);
  write(view, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, format === 'float32' ? FLOAT : PCM, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * block, true);
  view.setUint16(32, block, true);
  view.setUint16(34, width * 8, true);
  write(view, 36, 'data');
  view.setUint32(40, size, true);
  for (let i = 0, at = 44; i < frames; i++)
    for (const channel of channels) {
      writeSample(view, at, channel[i]!, format);
      at += width;
    }
  return out;
}

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
  /** Of a sample, as it lies in the file. */
  readonly bits: number;
  readonly read: ReadSample;
}

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16 || at + size > view.byteLength) throw new FormatError('WAV: the fmt chunk is too short');
  const bits = view.getUint16(at + 14, true);
  let code = view.getUint16(at, true);
  if (code === EXTENSIBLE) {
    if (size < 40) throw new FormatError('WAV: the fmt chunk is too short');
    code = view.getUint16(at + 24, true);
  }
  const read = READERS[code]?.[bits];
  if (!read)
    throw new FormatError(`WAV: format ${code} of ${bits} bits is not supported (PCM and float are)`);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const block = view.getUint16(at + 12, true);
  if (channels === 0 || sampleRate === 0) throw new FormatError('WAV: no channels, or a sample rate of 0');
  // 0 says nothing; others have samples in wider containers, of which writers fill either end
  const wanted = (channels * bits) / 8;
  if (block !== 0 && block !== wanted) {
    const expected = `${wanted} for ${channels} x ${bits} bits`;
    throw new FormatError(`WAV: expected blocks of ${expected}, got ${block} bytes`);
  }
  return { channels, sampleRate, bits, read };
}

function readSamples(view: DataView, at: number, size: number, format: Format): Wav {
  const { channels: count, sampleRate, bits, read } = format;
  const width = bits / 8;
  const frames = Math.floor(size / (width * count));
  const all = floats(frames * count);
  const channels = Array.from({ length: count }, (_, c) => all.subarray(c * frames, (c + 1) * frames));
  for (let i = 0, from = at; i < frames; i++)
    for (let c = 0; c < count; c++, from += width) all[c * frames + i] = read(view, from);
  return { sampleRate, channels };
}

/** Samples per channel, of at most `most` channels: a WAV file has the bytes of all in 16 bits. */
function framesOf(channels: unknown, most: number): number {
  if (!Array.isArray(channels) || channels.length === 0 || channels.length > most)
    throw new ArgumentError('channels', `a list of 1 to ${most} arrays of samples`, channels);
  for (const [c, channel] of channels.entries()) {
    const name = `channels[${c}]`;
    checkNumbers(name, channel);
    const frames = channels[0].length;
    if (channel.length !== frames) throw new ShapeError(name, `${frames} samples`, `${channel.length}`);
  }
  return channels[0].length;
}

function writeSample(view: DataView, at: number, sample: number, format: WavFormat): void {
  if (format === 'float32') {
    view.setFloat32(at, sample, true);
    return;
  }
  const full = format === 'int16' ? 2 ** 15 : 2 ** 23;
  const value = Math.max(-full, Math.min(full - 1, Math.round(sample * full))) || 0;
  view.setInt16(at, value, true);
  if (format === 'int24') view.setInt8(at + 2, value >> 16);
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function write(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
}
