// Temperatures of a place, hour by hour.
import { Generator } from 'unrolled';

/** `days` days in °C: seasons, days and nights, weather that lasts for some days, and clouds that damp a day. */
export function temperatures(days, seed) {
  const random = new Generator(seed);
  let [weather, clouds] = [0, 0];
  return Float32Array.from({ length: 24 * days }, (_, hour) => {
    weather = 0.985 * weather + 0.6 * random.normal();
    clouds = 0.97 * clouds + 0.24 * random.normal();
    const season = -9 * Math.cos((2 * Math.PI * hour) / (24 * 365));
    const sun = -10 * Math.cos((2 * Math.PI * (hour - 3)) / 24);
    return 11 + season + sun / (1 + Math.exp(clouds)) + weather + 0.2 * random.normal();
  });
}

/** Root mean squared error of a forecast that repeats the last `period` hours of windows. */
export function repeating({ x, y, count }, period) {
  const [steps, horizon] = [x.shape[0], y.shape[2]];
  const squares = y.data.map((value, i) => {
    const [row, hour] = [Math.floor(i / horizon), i % horizon];
    return (value - x.data[(steps - period + (hour % period)) * count + row]) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
