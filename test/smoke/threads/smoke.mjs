// Threads in pages: 1 to 4 of them, on the main thread and in a worker, with the headers that isolate a page, without them,
// and with the service worker of docs/guides/threads.md in their place.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open, serve } from '../lib/page.mjs';

const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const guide = readFileSync(new URL('../../../docs/guides/threads.md', import.meta.url), 'utf8');

export async function run({ project, same, note }) {
  const [, script] = /```javascript\n(\/\/ isolate\.js\n.*?)```/s.exec(guide);
  const [, register] = /```html\n(.*?)```/s.exec(guide);
  writeFileSync(join(project, 'isolate.js'), script);
  const html = readFileSync(join(project, 'index.html'), 'utf8');
  writeFileSync(join(project, 'static.html'), html.replace('</title>', `</title>\n${register}`));

  const check = ({ isolated, threads, losses, answers }, wanted) => {
    if (`${isolated} ${threads}` !== `${wanted} ${wanted ? '1,2,3,4' : '1,1,1,1'}`) {
      throw new Error(`isolated: ${isolated}, threads: ${threads}`);
    }
    if (`${answers}` !== '204,true,/train.mjs') throw new Error(`answers: ${answers}`);
    if (new Set(losses).size !== 1) throw new Error(`different losses: ${losses}`);
    same('losses', losses[0]);
  };
  const folders = { '/': project, '/unrolled/': join(project, 'node_modules/unrolled/dist') };
  const withHeaders = await serve(folders, isolated);
  try {
    check(await open(withHeaders.url), true);
    note('1 to 4 threads of an isolated page');
  } finally {
    withHeaders.stop();
  }
  const plain = await serve(folders);
  try {
    let warnings = 0;
    const allowed = {
      test: (text) => /one thread: .*not cross-origin isolated/.test(text) && ++warnings === 1,
    };
    check(await open(plain.url, { allowed }), false);
    if (warnings !== 1) throw new Error(`${warnings} warnings where the page is not isolated`);
    note('one thread and one warning without isolation');
    // what the first page still loads
    check(await open(`${plain.url}static.html`, { allowed: /ERR_FAILED|ERR_ABORTED/ }), true);
    note('1 to 4 threads of a page isolated by a service worker');
  } finally {
    plain.stop();
  }
}
