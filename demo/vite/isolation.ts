/** Makes a page cross-origin isolated: it may share memory with its workers, and its clocks have finer steps. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
