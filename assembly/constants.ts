// Constants of exp, sigmoid and tanh as vectors. V8 of Node 26 makes a constant anew for every vector, in up to five instructions;
// a load takes one. So the `relaxed` build has them in a table in page 0, which nothing else uses; docs/kernels.md has the gain.
// On Node 20, which runs the `simd` build, a table takes longer than constants.

/** Each at the place that `constant` is given with it. */
const TABLE: usize = ASC_FEATURE_RELAXED_SIMD
  ? memory.data<f32>([
    1, -0.0, 1.17549435e-38, -88, 1.44269504, 12582912, 0.693359375, -2.12194440e-4,
    1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
    -2, 0.625, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
  ])
  : 0;

/** `value` in each lane; at: its place in the table. */
// @ts-ignore: decorator
@inline
export function constant(at: i32, value: f32): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? v128.load32_splat(TABLE + ((<usize>at) << 2)) : f32x4.splat(value);
}

/** 1 in each lane. */
export function one(): v128 {
  return constant(0, 1);
}

/** The sign bit of each lane. */
export function sign(): v128 {
  return constant(1, -0.0);
}

/** 2^-126, the smallest normal float. */
export function smallest(): v128 {
  return constant(2, 1.17549435e-38);
}

/** −88: e^x below it is 0 in float32 without subnormals. */
export function lowest(): v128 {
  return constant(3, -88);
}

/** log2 e. */
export function log2e(): v128 {
  return constant(4, 1.44269504);
}

/** 1.5·2^23: a sum with it ends in the nearest integer. */
export function magic(): v128 {
  return constant(5, 12582912);
}
