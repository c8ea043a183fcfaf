import { FormatError } from '../errors.ts';
import type { Model } from '../index.ts';
import { serializeSafetensors } from '../io/index.ts';
import { saveOnnx } from '../onnxWriter/index.ts';
import type { Opened } from './opened.ts';

type Write = (opened: Opened) => Promise<Uint8Array>;

/** Formats that are written, by the ending of the file's name. */
export const WRITERS: Readonly<Record<string, Write>> = {
  '.safetensors': async ({ model, tensors, metadata }) => {
    if (model) return (await model()).save();
    if (tensors) return serializeSafetensors(tensors as never, metadata);
    throw new FormatError('it has neither tensors nor layers that can be saved');
  },
  '.onnx': async ({ model, whyNot, batchFirst }) => {
    if (!model) throw new FormatError(`it can't be written as ONNX: ${whyNot ?? 'it has no layers'}`);
    return saveOnnx((await model()) as Model, { batchFirst });
  },
};
