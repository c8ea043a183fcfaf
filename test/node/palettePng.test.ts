import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { palettePng } from '../../scripts/palettePng.mjs';

const [WIDTH, HEIGHT] = [32, 24];

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** An opaque RGBA picture; row y has the filter y mod 5. */
function picture(color: (x: number, y: number) => number[]): Buffer {
  const raw = Array.from({ length: HEIGHT }, (_, y) =>
    Array.from({ length: WIDTH }, (_, x) => [...color(x, y), 255]).flat(),
  );
  const at = (y: number, i: number) => (y < 0 || i < 0 ? 0 : raw[y]![i]!);
  const rows = raw.map((row, y) => {
    const guess = (i: number) => {
      const [a, b, c] = [at(y, i - 4), at(y - 1, i), at(y - 1, i - 4)];
      const sum = a + b - c;
      const near = [a, b, c].sort((p, q) => Math.abs(sum - p) - Math.abs(sum - q))[0]!;
      return [0, a, b, (a + b) >> 1, near][y % 5]!;
    };
    return [y % 5, ...row.map((value, i) => (value - guess(i)) & 255)];
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 6], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = deflateSync(Uint8Array.from(rows.flat()));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Colours of a picture with a palette and without filters. */
function shown(png: Buffer): number[][] {
  const parts = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    parts.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  const [palette, rows] = [parts.get('PLTE')!, inflateSync(parts.get('IDAT')!)];
  return Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const index = rows[Math.floor(i / WIDTH) * (WIDTH + 1) + 1 + (i % WIDTH)]!;
    return [...palette.subarray(3 * index, 3 * index + 3)];
  });
}

const pixels = (color: (x: number, y: number) => number[]) =>
  Array.from({ length: HEIGHT * WIDTH }, (_, i) => color(i % WIDTH, Math.floor(i / WIDTH)));

test('256 colours or fewer stay as they are', async () => {
  const color = (x: number, y: number) => [(x * 8) & 255, (y & 7) * 30, 77];
  expect(shown(await palettePng(picture(color)))).toEqual(pixels(color));
});

test('of more colours, each comes near its own, also a rare one', async () => {
  const color = (x: number, y: number) => (x === 5 && y === 5 ? [0, 128, 120] : [x * 4 + 100, y * 5, x + y]);
  const result = shown(await palettePng(picture(color)));
  const distances = pixels(color).map((rgb, i) => Math.hypot(...rgb.map((v, k) => v - result[i]![k]!)));
  expect(Math.max(...distances)).toBeLessThan(8);
  expect(distances[5 * WIDTH + 5]).toBe(0);
});

test('a picture that is not opaque, or of another kind, is refused', async () => {
  const png = picture(() => [1, 2, 3]);
  png[25] = 4;
  await expect(palettePng(png)).rejects.toThrow('RGB');
});
