import { amp } from './amp.ts';
import { keras } from './keras.ts';
import { npy } from './npy.ts';
import { onnx } from './onnx.ts';
import type { Format } from './opened.ts';
import { safetensors } from './safetensors.ts';
import { charRnn, segmenter } from './text.ts';
import { torch } from './torch.ts';

/** All formats that the program opens. `inspect`, `run` and `convert` are derived from this list. */
export const FORMATS: readonly Format[] = [safetensors, torch, keras, onnx, amp, charRnn, segmenter, npy];

/** What they are called, for help and messages. */
export const EXPECTED = FORMATS.map(({ expected }) => expected).join(', ');
