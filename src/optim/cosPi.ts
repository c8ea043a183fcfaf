/** cos(πx) for x in 0..1, absolute error below 1e-14: the Taylor series about ½, where |πx − π/2| <= π/2. */
export function cosPi(x: number): number {
  const t = Math.PI * (0.5 - x);
  const q = t * t;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = ((sum + 1) * -q) / (k * (k - 1));
  return t * (1 + sum);
}
