import type { InfoOptions } from '../info.ts';
import type { VerifyOptions } from '../verifyCommand.ts';
import { type Context, examples, kernels, REVECTORIZE } from './shared.ts';

export function addVerify({ program, io, done }: Context): void {
  program
    .command('verify')
    .summary('check the kernels against conformance fixtures')
    .description(
      'Runs conformance fixtures (safetensors with what PyTorch computed in float64) and prints for each the worst ' +
        'relative error, max |difference| / (max |expected| + 1e-6), of outputs and of gradients. Limits: 1e-5 for ' +
        'outputs, 1e-4 for gradients, losses and trained parameters. Exit code 1 when a case fails.',
    )
    .argument('<FILE...>', 'fixtures')
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .option('--revectorize', REVECTORIZE)
    .addHelpText('after', examples('verify fixtures/*.safetensors --kernels simd'))
    .action(async (files: string[], options: VerifyOptions) => {
      const { verifyCommand } = await import('../verifyCommand.ts');
      done(await verifyCommand(files, options, io));
    });
}

export function addInfo({ program, io, done }: Context): void {
  program
    .command('info')
    .summary('show which kernels run here')
    .description(
      'Prints which build of the kernels this engine runs and whether 256-bit code is in effect; with --tiles, how ' +
        'fast each GEMM tile is here, the ones in use marked.',
    )
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .option('--revectorize', REVECTORIZE)
    .option('--tiles', 'measure every tile (a few seconds)')
    .addHelpText('after', examples('info', 'info --revectorize --tiles'))
    .action(async (options: InfoOptions) => {
      const { info } = await import('../info.ts');
      done(await info(options, io));
    });
}
