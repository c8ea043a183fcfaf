// A thread that compiles binaries one after another: it gets asc's arguments, and answers with what asc complains of.
import { parentPort } from 'node:worker_threads';
import asc from 'assemblyscript/asc';

parentPort.on('message', async (args) => {
  const { error, stderr } = await asc.main(args);
  // Binaryen's remark on its own passes; the result is valid
  const text = stderr.toString().replace(/^Last converge was suboptimal\.\s*/gm, '');
  parentPort.postMessage(text || error?.message);
});
