import { vec_sum_squares } from '../vec/reduce';

// Ω = Σ (ρ − 1)², ρ = ‖g·∂h/∂h0‖ / ‖g‖, g = dL/dh (Pascanu, Mikolov & Bengio 2013): of one step, row by row. With
// s = g ⊙ φ′ and v = s·W_hh, g and h held constant, dΩ/dW_hh = Σ 2(ρ − 1) / (‖g‖ ‖v‖) · sᵀv.

/** norms[m] = ‖g‖ of the rows of g [m, n]. */
export function noteNorms(m: i32, n: i32, g: usize, norms: usize): void {
  for (; m > 0; m--, g += (<usize>n) << 2, norms += 4) store<f32>(norms, <f32>sqrt(vec_sum_squares(n, g)));
}

/** out[m, n] = weight · 2(ρ − 1) / (‖g‖ ‖v‖) · v, 0 where a norm is 0; returns Ω of the rows with g, from the last to the first. */
export function scaleByRatio(m: i32, n: i32, weight: f32, v: usize, norms: usize, out: usize): f64 {
  let omega: f64 = 0;
  for (let i = m - 1; i >= 0; i--) {
    const at = <usize>(i * n) << 2;
    const g = <f64>load<f32>(norms + (<usize>i << 2));
    const length = sqrt(vec_sum_squares(n, v + at));
    let factor: f32 = 0;
    if (g > 0) {
      const distance = length / g - 1;
      omega += distance * distance;
      if (length > 0) factor = <f32>(<f64>weight * 2 * distance / (g * length));
    }
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) store<f32>(out + at + j, load<f32>(v + at + j) * factor);
  }
  return omega;
}
