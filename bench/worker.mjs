/** One engine in a process of its own: answers what run.mjs asks, one thing at a time. */
import { burst, first } from './measure.mjs';

let engine;
let handle;

const operations = {
  async open({ module, options }) {
    const { open } = await import(`./engines/${module}.mjs`);
    engine = await open(options);
    return { versions: engine.versions };
  },
  probe: ({ ms }) => engine.probe(ms),
  async prepare({ case: c }) {
    handle = await engine.prepare(c);
    return { able: handle !== null };
  },
  check: ({ runs }) => (handle.check ? handle.check(runs) : first(handle, runs)),
  burst: ({ ms, sample }) => (handle.burst ? handle.burst(ms, sample) : burst(handle, ms, sample)),
  async dispose() {
    await handle?.dispose?.();
    handle = undefined;
  },
  async close() {
    await engine?.close?.();
    process.disconnect();
  },
};

process.on('message', async ({ op, ...message }) => {
  try {
    const result = await operations[op](message);
    process.send?.({ result });
  } catch (error) {
    process.send?.({ error: error?.message ?? String(error) });
  }
});
