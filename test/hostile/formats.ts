import { amp, nam } from './amp.ts';
import { npy, wav } from './data.ts';
import type { HostileFormat } from './format.ts';
import { keras } from './keras.ts';
import { onnx } from './onnx.ts';
import { safetensors } from './safetensors.ts';
import { charRnn, segmenter } from './text.ts';
import { tfjs } from './tfjs.ts';
import { torch, torchLegacy } from './torch.ts';

/** Tables are read by the program only, which is of Node. */
const csv = globalThis.process?.versions?.node ? [(await import('./csv.ts')).csv] : [];

/** All formats that are read. */
export const FORMATS: readonly HostileFormat[] = [
  ...[safetensors, keras, tfjs, torch, torchLegacy, onnx],
  ...[nam, amp, charRnn, segmenter, npy, wav, ...csv],
];
