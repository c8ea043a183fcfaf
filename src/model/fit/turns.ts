const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };

/**
 * Lets other tasks run, such as pending messages. In browsers setTimeout would take 4 ms. In Node a port reads up to 1000
 * messages at once and timers starve.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
