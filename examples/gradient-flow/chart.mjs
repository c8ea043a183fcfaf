// Curves as characters: each curve has a sign of its own, curves that meet take turns.
export function chart(curves, { width, height, y, x }) {
  const all = Object.values(curves).flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const row = (value) => Math.round(((high - value) / (high - low)) * (height - 1));
  const at = (curve, column) => curve[Math.floor(((column + 0.5) * curve.length) / width)];
  const lines = Array.from({ length: height }, (_, i) => {
    const signs = Array.from({ length: width }, (__, column) => {
      const here = Object.keys(curves).filter((sign) => row(at(curves[sign], column)) === i);
      return here.length ? here[column % here.length] : ' ';
    });
    const value = high - (i / (height - 1)) * (high - low);
    const label = i % 3 === 0 ? y(value) : '';
    return `${label.padStart(8)} │${signs.join('')}`.trimEnd();
  });
  const [first, last] = x;
  return [
    ...lines,
    `${' '.repeat(9)}└${'─'.repeat(width)}`,
    `${' '.repeat(10)}${first}${last.padStart(width - first.length)}`,
  ].join('\n');
}
