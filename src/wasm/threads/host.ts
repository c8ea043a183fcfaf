/** The script of a thread of a pool. */
import { type Mail, Member } from './member.ts';

interface Parent {
  postMessage(message: string): void;
  on(event: 'message', listener: (mail: Mail) => void): unknown;
}

interface Global {
  process?: { getBuiltinModule?(name: string): { parentPort: Parent | null } | undefined } | undefined;
  postMessage?(message: string): void;
  addEventListener?(event: 'message', listener: (event: { data: Mail }) => void): void;
}

const scope = globalThis as unknown as Global;
const member = new Member();
const parent = scope.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
if (parent) parent.on('message', (mail) => member.take(mail));
else scope.addEventListener?.('message', ({ data }) => member.take(data));
(parent ?? scope).postMessage?.('ready');
