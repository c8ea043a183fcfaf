// Constants of exp, sigmoid and tanh as vectors. V8 of Node 26 makes a constant anew for every vector, in up to five instructions;
// a load takes one. So the `relaxed` build has them in a table in page 0, which nothing else uses; docs/kernels.md has the gain.
// On Node 20, which runs the `simd` build, a table takes longer than constants.

/** Each at the place that its function below names. */
const TABLE: usize = ASC_FEATURE_RELAXED_SIMD
  ? memory.data<f32>([
    1, -0.0, 1.17549435e-38, -88, 1.44269504, 12582912, 0.693359375, -2.12194440e-4,
    1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
    -2, 0.625, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
  ])
  : 0;

// @ts-ignore: decorator
@inline
function constant(at: i32, value: f32): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? v128.load32_splat(TABLE + ((<usize>at) << 2)) : f32x4.splat(value);
}

/** 1 in each lane. */
// @ts-ignore: decorator
@inline
export function one(): v128 {
  return constant(0, 1);
}

/** The sign bit of each lane. */
// @ts-ignore: decorator
@inline
export function sign(): v128 {
  return constant(1, -0.0);
}

/** 2^-126, the smallest normal float. */
// @ts-ignore: decorator
@inline
export function smallest(): v128 {
  return constant(2, 1.17549435e-38);
}

/** −88: e^x below it is 0 in float32 without subnormals. */
// @ts-ignore: decorator
@inline
export function lowest(): v128 {
  return constant(3, -88);
}

/** log2 e. */
// @ts-ignore: decorator
@inline
export function log2e(): v128 {
  return constant(4, 1.44269504);
}

/** 1.5·2^23: a sum with it ends in the nearest integer. */
// @ts-ignore: decorator
@inline
export function magic(): v128 {
  return constant(5, 12582912);
}

/** The upper (0) or lower (1) part of ln 2. */
// @ts-ignore: decorator
@inline
export function ln2(part: i32): v128 {
  return part == 0 ? constant(6, 0.693359375) : constant(7, -2.12194440e-4);
}

/** Coefficients of the polynomial of Cephes expf (Moshier), from the highest power on: k in 0..5. */
// @ts-ignore: decorator
@inline
export function expTerm(k: i32): v128 {
  return k == 0 ? constant(8, 1.9875691500e-4)
    : k == 1 ? constant(9, 1.3981999507e-3)
    : k == 2 ? constant(10, 8.3334519073e-3)
    : k == 3 ? constant(11, 4.1665795894e-2)
    : k == 4 ? constant(12, 1.6666665459e-1)
    : constant(13, 5.0000001201e-1);
}

/** −2. */
// @ts-ignore: decorator
@inline
export function minusTwo(): v128 {
  return constant(14, -2);
}

/** 0.625: below it tanh is a polynomial. */
// @ts-ignore: decorator
@inline
export function tanhBound(): v128 {
  return constant(15, 0.625);
}

/** Coefficients of the polynomial of Cephes tanhf (Moshier), from the highest power on: k in 0..4. */
// @ts-ignore: decorator
@inline
export function tanhTerm(k: i32): v128 {
  return k == 0 ? constant(16, -5.70498872745e-3)
    : k == 1 ? constant(17, 2.06390887954e-2)
    : k == 2 ? constant(18, -5.37397155531e-2)
    : k == 3 ? constant(19, 1.33314422036e-1)
    : constant(20, -3.33332819422e-1);
}
