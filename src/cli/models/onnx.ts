import { readOnnx } from '../../formats/onnx/read.ts';
import { loadOnnx } from '../../onnx/index.ts';
import { loadKernels } from '../kernels.ts';
import { matched } from './modelPorts.ts';
import type { Format, Port } from './opened.ts';
import { drawn } from './values.ts';
