import { BlockStream } from './blockStream.ts';
import { type Message, PROCESSOR, type Setup } from './messages.ts';
import { unpackModel } from './parcel.ts';

// of AudioWorkletGlobalScope
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: Setup }) => AudioWorkletProcessor,
): void;

/** Runs a model on what comes in, block by block, until it is told to end. */
class ModelProcessor extends AudioWorkletProcessor {
  readonly #blocks: BlockStream;
  #alive = true;

  constructor({ processorOptions: { parcel, batch } }: { processorOptions: Setup }) {
    super();
    const model = unpackModel(parcel);
    const blocks = new BlockStream(model, { batch });
    this.#blocks = blocks;
    this.port.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'load') model.loadStateDict(data.parameters);
      else if (data.kind === 'reset') blocks.reset();
      else this.#alive = false;
    };
    this.port.postMessage('ready');
  }

  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    if (this.#alive) this.#blocks.process(inputs[0]!, outputs[0]!);
    return this.#alive;
  }
}

registerProcessor(PROCESSOR, ModelProcessor);
