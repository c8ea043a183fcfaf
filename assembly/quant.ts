// Kernels of quantized layers: what the builds for `unrolled/quant` export.
export { quant_conv1d } from './quant/conv1d';
export { quant_gather } from './quant/gather';
export { quant_linear } from './quant/linear';
export { quant_recurrent } from './quant/recurrent';
