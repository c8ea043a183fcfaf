/** Whether a test passes; an object whose properties can't be read, such as a revoked Proxy, fails it. */
export function satisfies(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}
