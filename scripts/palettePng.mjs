// PNG files of few colours, as pictures of a page are: 256 of them in a palette, the others as the nearest of these, deflated by
// zopfli. A picture by Chromium takes about a third of its bytes.
import { crc32, inflateSync } from 'node:zlib';
import zopfli from '@gfx/zopfli';

const COLOURS = 256;

/** @param {Uint8Array} png 8 bits per channel, RGB or opaque RGBA, not interlaced */
export async function palettePng(png) {
  const { width, height, pixels } = decoded(png);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([colour]) => colour);
  const palette = paletteOf(byCount);
  const indices = new Map(byCount.map((colour) => [colour, nearest(palette, colour).index]));
  // a byte per row for its filter, which is none
  const rows = new Uint8Array(height * (width + 1));
  pixels.forEach((pixel, i) => {
    rows[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = indices.get(pixel);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const data = await zopfli.zlibAsync(rows, { numiterations: 5 });
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', data),
    chunk('IEND'),
  ]);
}

/** The most frequent colours, without those so near to another one that at most 256 are left. */
function paletteOf(byCount) {
  for (let least = 1; ; least *= 1.25) {
    const palette = [];
    for (const colour of byCount) if (nearest(palette, colour).distance >= least) palette.push(colour);
    if (palette.length <= COLOURS) return palette;
  }
}

/** The colour at the least distance, in RGB squared. */
function nearest(palette, colour) {
  let best = { index: -1, distance: Number.POSITIVE_INFINITY };
  palette.forEach((other, index) => {
    const by = (shift) => (((colour >> shift) & 255) - ((other >> shift) & 255)) ** 2;
    const distance = by(16) + by(8) + by(0);
    if (distance < best.distance) best = { index, distance };
  });
  return best;
}

/** Pixels as 0xRRGGBB. */
function decoded(png) {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.length);
  const parts = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const [width, height, depth, type, interlaced] = [
    bytes.readUInt32BE(16),
    bytes.readUInt32BE(20),
    bytes[24],
    bytes[25],
    bytes[28],
  ];
  if (depth !== 8 || (type !== 2 && type !== 6) || interlaced)
    throw new Error('expected 8 bits per channel, RGB or RGBA, not interlaced');
  const size = type === 2 ? 3 : 4;
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * size, height, size);
  const pixels = Array.from(
    { length: width * height },
    (_, i) => (rows[i * size] << 16) | (rows[i * size + 1] << 8) | rows[i * size + 2],
  );
  if (size === 4 && pixels.some((_, i) => rows[4 * i + 3] !== 255))
    throw new Error('expected an opaque picture');
  return { width, height, pixels };
}

/** Undoes the filters of rows (PNG specification, 9). */
function unfiltered(data, stride, height, size) {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x < size ? 0 : out[y * stride + x - size];
      const up = y === 0 ? 0 : out[(y - 1) * stride + x];
      const corner = x < size || y === 0 ? 0 : out[(y - 1) * stride + x - size];
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[y * stride + x] = data[y * (stride + 1) + 1 + x] + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function chunk(name, data = Buffer.alloc(0)) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(name, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}
