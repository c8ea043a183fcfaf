import type { ServeOptions } from '../serve/serve.ts';
import { positive, seconds, whole } from '../values.ts';
import { type Context, examples, kernels } from './shared.ts';

export function addServe({ program, io, done }: Context): void {
  program
    .command('serve')
    .summary('serve a trained model over HTTP')
    .description(
      'Serves a model that `train` saved: sessions that keep their state, JSON and server-sent events, a page at /. ' +
        'Steps of several sessions at one moment run as one batch. SIGTERM and Ctrl-C end it once running requests are ' +
        'answered. docs/guides/server.md describes the requests.',
    )
    .argument('<MODEL>', 'a file that `train` saved; - for standard input')
    .option('--port <n>', 'TCP port, 0 for a free one (default 8080)', whole(0))
    .option('--host <address>', 'address to listen on (default 127.0.0.1: only this machine)')
    .option('--sessions <n>', 'most sessions at a time (default 256)', whole(1))
    .option('--idle <seconds>', 'after which an unused session ends (default 600)', positive)
    .option(
      '--timeout <seconds>',
      'most time for a request to arrive, or a client to read (default 10)',
      seconds,
    )
    .option('--max-body <bytes>', 'most bytes of a request (default 65536)', whole(1))
    .addOption(kernels('which kernels (default simd, the same text as `generate`)'))
    .addHelpText(
      'after',
      examples('serve model.safetensors', 'serve model.safetensors --port 0 --sessions 1000'),
    )
    .action(async (model: string, options: ServeOptions) => {
      const { serve } = await import('../serve/serve.ts');
      done(await serve(model, options, io));
    });
}
