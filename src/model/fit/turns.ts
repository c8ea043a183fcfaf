type Tasks = Partial<Pick<typeof globalThis, 'MessageChannel'>> & {
  setImmediate?: (call: () => void) => unknown;
};

/**
 * Lets other tasks run, such as pending messages. In browsers setTimeout would take 4 ms. In Node a port reads up to 1000
 * messages at once and timers starve. Jest's jsdom has neither setImmediate nor ports.
 */
export function turn(): Promise<void> {
  const { setImmediate, MessageChannel } = globalThis as Tasks;
  return new Promise((resolve) => {
    if (setImmediate || !MessageChannel) {
      (setImmediate ?? setTimeout)(resolve);
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
