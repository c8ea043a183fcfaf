import { testCases } from './testCases.ts';

/** Node cases of the onnx package that are refused: a word of the message by the start of the name. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  batchnorm_example_training: /BatchNormalization.*training_mode/,
  batchnorm_epsilon_training: /BatchNormalization.*training_mode/,
  training_dropout_default: /Dropout.*training_mode/,
  maxpool_with_argmax_2d_precomputed_strides: /storage_order/,
  not_: /opset 1/,
  onehot_: /OneHot.*depends on data/,
  range_float: /Range.*depends on data/,
  scan_sum: /Scan.*opset 8/,
};

await testCases('node', { refused: REFUSED });
await testCases('matrix');
await testCases('models');
