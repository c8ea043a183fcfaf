import { amp, nam } from './amp.ts';
import { npy, wav } from './data.ts';
import type { HostileFormat } from './format.ts';
import { hdf5 } from './hdf5.ts';
import { keras } from './keras.ts';
import { onnx } from './onnx.ts';
import { coreModel, safetensors } from './safetensors.ts';
import { charRnn, segmenter } from './text.ts';
import { tfjs } from './tfjs.ts';
import { torch, torchLegacy, torchStored } from './torch.ts';

/** Tables are read by the program only, which is of Node. */
const csv = globalThis.process?.versions?.node ? [(await import('./csv.ts')).csv] : [];

/** All formats that are read. */
export const FORMATS: readonly HostileFormat[] = [
  ...[safetensors, coreModel, keras, hdf5, tfjs, torch, torchLegacy, torchStored, onnx],
  ...[nam, amp, charRnn, segmenter, npy, wav, ...csv],
];
