import type { NDArray } from '../../ndarray.ts';

/** The name of a part of a weight, such as `fc.parametrizations.weight.original0`, in its old form: `fc.weight_g`. */
export function oldName(name: string): string {
  return name.replace(
    /\bparametrizations\.([^.]+)\.(?:original([01]?)|0\.(_[uv]))$/,
    (_, weight, part, vector) => weight + (vector ?? ['_g', '_v'][part || 2] ?? '_orig'),
  );
}

/**
 * Puts weights in place of the parts that weight_norm, spectral_norm and prune of torch.nn.utils made of them, unless
 * other parametrizations have parts among `names`, too.
 */
export function joinParts(floats: Map<string, NDArray>, names: readonly string[]): void {
  for (const [name, part] of floats) {
    const [, stem, kind] = /^(.+)_(g|u|mask)$/s.exec(name) ?? [];
    const whole = stem && floats.get(stem + (kind === 'g' ? '_v' : '_orig'));
    const isOther = (other: string) => other.replace('parametrizations.', '').startsWith(`${stem}.`);
    if (!whole || names.some(isOther)) continue;
    const { data, shape } = whole;
    let factors = part.data;
    const count = factors.length;
    const size = data.length / count;
    const isOfRows = count === shape[0] && count === part.shape[0];
    const v = floats.get(`${stem}_v`)?.data;
    const row = (i: number) => data.subarray(i * size, i * size + size);
    if (kind === 'g' && shape.length > 1 && (isOfRows || count === 1))
      factors = factors.map((length, i) => length / Math.sqrt(dot(row(i), row(i))));
    else if (kind === 'u' && isOfRows && v?.length === size) {
      factors = factors.map((_, i) => dot(row(i), v));
      const norm = dot(factors, part.data);
      // u is their direction, unless it is of the second dimension (`dim: 1`), which has the same size
      if (shape[1] === count && norm < 0.9 * Math.sqrt(dot(factors, factors))) continue;
      factors.fill(1 / norm);
    } else if (kind !== 'mask' || size !== 1) continue;
    data.set(data.map((value, i) => value * factors[Math.floor(i / size)]!));
    for (const end of ['_g', '_v', '_u', '_mask', '_orig']) floats.delete(stem + end);
    floats.set(stem, whole);
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
