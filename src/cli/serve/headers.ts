/** Headers of every answer. */
export const COMMON = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;
