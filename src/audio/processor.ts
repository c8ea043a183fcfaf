import type { Model } from '../model/graph/model.ts';
import type { Sequential } from '../model/sequential.ts';
import { pack } from '../worker/failure.ts';
import { BlockStream } from './blockStream.ts';
import { type Call, MADE, PROCESSOR, type Request, type Setup, type Told } from './messages.ts';
import { unpackModel } from './packedModel.ts';

// globals of AudioWorkletGlobalScope
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: Setup }) => AudioWorkletProcessor,
): void;

const NO_CHANNELS: readonly Float32Array[] = [];

/** Runs a model on its inputs, block by block, until it is told to end. Every request is answered. */
class ModelProcessor extends AudioWorkletProcessor {
  #model: Sequential | Model | undefined;
  #blocks: BlockStream | undefined;
  #resets = 0;

  constructor({ processorOptions }: { processorOptions: Setup }) {
    super();
    this.#answer(MADE, () => this.#make(processorOptions));
    this.port.onmessage = ({ data }: MessageEvent<Call>) =>
      this.#answer(data.id, () => this.#do(data.request));
    this.port.onmessageerror = () => this.#tell({ kind: 'unreadable' });
  }

  process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    const blocks = this.#blocks;
    if (!blocks) return false;
    blocks.process(inputs[0] ?? NO_CHANNELS, outputs[0]!);
    if (blocks.resets !== this.#resets) {
      this.#resets = blocks.resets;
      this.#tell({ kind: 'resets', count: this.#resets });
    }
    return true;
  }

  #make({ model, batch }: Setup): void {
    this.#model = unpackModel(model);
    try {
      this.#blocks = new BlockStream(this.#model, { batch });
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #do(request: Request): void {
    if (request.kind === 'load') this.#model?.loadStateDict(request.parameters);
    else if (request.kind === 'reset') this.#blocks?.reset();
    else this.#end();
  }

  /** Undefined once ended: the browser keeps the processor alive as long as its node. */
  #end(): void {
    this.#blocks?.dispose();
    this.#model?.dispose();
    this.#blocks = undefined;
    this.#model = undefined;
  }

  #answer(id: number, work: () => void): void {
    try {
      work();
      this.#tell({ kind: 'answer', id });
    } catch (error) {
      this.#tell({ kind: 'answer', id, failure: pack(error) });
    }
  }

  #tell(told: Told): void {
    this.port.postMessage(told);
  }
}

registerProcessor(PROCESSOR, ModelProcessor);
