import { createHash } from 'node:crypto';
import { COMMON } from './headers.ts';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; }
#prompt { flex: 1 1 100%; font: inherit; padding: .5rem; box-sizing: border-box; }
label { display: grid; font-size: .85rem; }
input[type=number] { font: inherit; width: 6rem; }
button { font: inherit; padding: .3rem 1rem; }
#text { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 12rem; }
`;

const SCRIPT = `
const $ = (id) => document.getElementById(id);
const json = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream' }, body: JSON.stringify(body) });
const fail = async (answer) => { throw new Error((await answer.json()).error); };
let session, running;
async function open() {
  const answer = await fetch('sessions', { method: 'POST' });
  if (!answer.ok) await fail(answer);
  session = (await answer.json()).id;
}
async function write() {
  if (!session) await open();
  const prompt = $('prompt').value;
  const body = { prompt, length: Number($('length').value), temperature: Number($('temperature').value) };
  const answer = await fetch('sessions/' + session + '/generate', { ...json(body), signal: running.signal });
  if (answer.status === 404) session = undefined;
  if (!answer.ok) await fail(answer);
  $('text').append(prompt);
  $('prompt').value = '';
  let rest = '';
  for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\\n\\n');
    rest = events.pop();
    for (const event of events) if (event.startsWith('data: ')) $('text').append(JSON.parse(event.slice(6)).text);
  }
}
$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  if (running) return running.abort();
  running = new AbortController();
  $('go').textContent = 'Stop';
  $('error').textContent = '';
  try { await write(); } catch (error) { if (error.name !== 'AbortError') $('error').textContent = error.message; }
  running = undefined;
  $('go').textContent = 'Write';
});
$('new').addEventListener('click', async () => {
  running?.abort();
  if (session) fetch('sessions/' + session, { method: 'DELETE' });
  session = undefined;
  $('text').textContent = '';
});
fetch('model').then((answer) => answer.json()).then((about) => {
  $('about').textContent = about.kind === 'text'
    ? about.parameters.toLocaleString() + ' parameters, ' + [...about.characters].length + ' different characters'
    : 'A forecast of ' + about.columns.join(', ') + ': POST rows to /sessions/ID/step';
  $('form').hidden = about.kind !== 'text';
});
`;

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>unrolled serve</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<h1>unrolled serve</h1>
<p id="about"></p>
<form id="form" hidden>
<input id="prompt" aria-label="Text to go on with" placeholder="Begin a text, or leave it empty" autocomplete="off">
<label>Characters<input id="length" type="number" min="1" max="10000" value="300"></label>
<label>Temperature<input id="temperature" type="number" min="0" max="10" step="0.1" value="0.7"></label>
<button id="go">Write</button>
<button id="new" type="button">New session</button>
</form>
<p id="error" role="alert"></p>
<div id="text" aria-live="polite"></div>
<script type="module">${SCRIPT}</script>
</body>
</html>
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page at /, and its headers: cross-origin isolated, and no other script than its own. */
export const page = {
  html: HTML,
  headers: {
    ...COMMON,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      `default-src 'none'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; connect-src 'self'; ` +
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'referrer-policy': 'no-referrer',
  },
} as const;
