/** PyTorch in a Python child (torch_child.py), which times itself. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { data } from '../cases.mjs';

const script = fileURLToPath(new URL('./torch_child.py', import.meta.url));
const pythons = () => (process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3']);

export async function open() {
  const failures = [];
  for (const python of pythons()) {
    try {
      const child = new Child(python);
      const { version } = await child.ask({ op: 'open' });
      return { versions: { torch: version }, prepare: (c) => prepare(c, child) };
    } catch (error) {
      failures.push(`${python}: ${error.message}`);
    }
  }
  throw new Error(failures.join('; '));
}

async function prepare(c, child) {
  if (c.kind === 'amp') return null;
  await child.ask({ op: 'prepare', case: c }, data(c));
  return {
    check: async (runs) => {
      const { us, bytes } = await child.ask({ op: 'check', runs });
      return {
        us,
        output: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
      };
    },
    burst: async (ms, sample) => (await child.ask({ op: 'burst', ms, sample })).samples,
    dispose: () => child.ask({ op: 'dispose' }),
  };
}

/** Lines of JSON each way; after a line, as many bytes as it says. */
class Child {
  #process;
  #buffer = Buffer.alloc(0);
  #waiting = [];
  #errors = '';

  constructor(python) {
    this.#process = spawn(python, [script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    });
    this.#process.stdout.on('data', (chunk) => this.#receive(chunk));
    this.#process.stderr.on('data', (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-2000);
    });
    this.#process.stdin.on('error', () => {});
    this.#process.on('error', (error) => this.#fail(error.message));
    this.#process.on('exit', () => this.#fail(this.#errors.trim().split('\n').at(-1) || 'it ended'));
  }

  ask(message, arrays = {}) {
    const entries = Object.entries(arrays);
    const layout = entries.map(([name, { data, shape }]) => ({
      name,
      shape,
      integer: data instanceof Int32Array,
    }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify({ ...message, arrays: layout })}\n`);
      for (const [, { data }] of entries)
        this.#process.stdin.write(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    });
  }

  #receive(chunk) {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const end = this.#buffer.indexOf(10);
    if (end < 0) return;
    const message = JSON.parse(this.#buffer.toString('utf8', 0, end));
    const total = end + 1 + (message.bytes ?? 0);
    if (this.#buffer.length < total) return;
    const bytes = this.#buffer.subarray(end + 1, total);
    this.#buffer = this.#buffer.subarray(total);
    const { resolve, reject } = this.#waiting.shift();
    if (message.error) reject(new Error(message.error));
    else resolve({ ...message, bytes });
  }

  #fail(reason) {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(reason));
  }
}
