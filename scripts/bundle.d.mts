import type { OutputChunk, OutputOptions, RolldownOptions } from 'rolldown';

/** Bundles a file of the project; `output` as rolldown takes it. Gives the chunk, written where `output.file` says. */
export function bundle(input: string, output: OutputOptions, options?: RolldownOptions): Promise<OutputChunk>;
