/** 1 in the `relaxed` build, where `madd` is one fused instruction; else 0. */
export function is_relaxed(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 1 : 0;
}
