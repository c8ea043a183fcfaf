/** The best of several short runs within the given ms: the peak of multiply and add of one thread, and its clock. */
export function probe(
  kernels: 'simd' | 'relaxed',
  length?: number,
): (ms: number) => { gflops: number; ghz: number };
