import { colour } from './theme.ts';

type RGB = readonly [number, number, number];

const rgb = (hex: string): RGB => {
  // style sheets are minified: #fff
  const long = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join('') : hex.slice(1);
  const value = Number.parseInt(long, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** 256 colours between those of the page with these names, evenly spread: red, green, blue, one after the other. */
export function palette(...names: string[]): Uint8Array {
  const stops = names.map((name) => rgb(colour(name)));
  const out = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const from = Math.min(Math.floor(at), stops.length - 2);
    const [a, b] = [stops[from]!, stops[from + 1]!];
    for (let k = 0; k < 3; k++) out[3 * i + k] = Math.round(a[k]! + (b[k]! - a[k]!) * (at - from));
  }
  return out;
}
