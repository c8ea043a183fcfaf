import type { Json, JsonObject } from '../../src/formats/keras/json.ts';

// Models as Keras 3.14 writes them in config.json (keras/src/models/functional.py, serialization_lib.py).

const DTYPE = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
  shared_object_id: 2290565484224,
};

function initializer(class_name: string, config: JsonObject = {}): JsonObject {
  return { module: 'keras.initializers', class_name, config, registered_name: null };
}

/** A layer as Keras 3 wraps it. */
export function layer(class_name: string, config: JsonObject, rest: JsonObject = {}): JsonObject {
  return {
    module: 'keras.layers',
    class_name,
    config: { trainable: true, dtype: DTYPE, ...config },
    registered_name: null,
    ...rest,
  };
}

export function inputLayer(name: string, batch_shape: (number | null)[], dtype = 'float32'): JsonObject {
  const config = { batch_shape, dtype, sparse: false, ragged: false, name, optional: false };
  return { module: 'keras.layers', class_name: 'InputLayer', config, registered_name: null };
}

const RECURRENT = {
  return_sequences: false,
  return_state: false,
  go_backwards: false,
  stateful: false,
  unroll: false,
  zero_output_for_mask: false,
  activation: 'tanh',
  recurrent_activation: 'sigmoid',
  use_bias: true,
  kernel_initializer: initializer('GlorotUniform', { seed: null }),
  recurrent_initializer: initializer('OrthogonalInitializer', { seed: null, gain: 1 }),
  bias_initializer: initializer('Zeros'),
  kernel_regularizer: {
    module: 'keras.regularizers',
    class_name: 'L2',
    config: { l2: 0.01 },
    registered_name: null,
  },
  recurrent_regularizer: null,
  bias_regularizer: null,
  activity_regularizer: null,
  kernel_constraint: null,
  recurrent_constraint: null,
  bias_constraint: null,
  dropout: 0,
  recurrent_dropout: 0,
  seed: null,
};

export function lstm(name: string, units: number, more: JsonObject = {}): JsonObject {
  return { ...RECURRENT, unit_forget_bias: true, name, units, ...more };
}

export function gru(name: string, units: number, more: JsonObject = {}): JsonObject {
  return { ...RECURRENT, reset_after: true, name, units, ...more };
}

export function dense(name: string, units: number, activation = 'linear'): JsonObject {
  return {
    name,
    units,
    activation,
    use_bias: true,
    kernel_initializer: initializer('GlorotUniform', { seed: null }),
    bias_initializer: initializer('Zeros'),
    kernel_regularizer: null,
    bias_regularizer: null,
    kernel_constraint: null,
    bias_constraint: null,
    quantization_config: null,
  };
}

/** A tensor among the arguments of a call. */
export function tensor(name: string, output = 0, call = 0): JsonObject {
  return {
    class_name: '__keras_tensor__',
    config: { shape: [null, 3], dtype: 'float32', keras_history: [name, call, output] },
  };
}

export function call(args: readonly Json[], kwargs: JsonObject = {}): JsonObject {
  return { args, kwargs };
}

export function model(class_name: string, config: JsonObject, rest: JsonObject = {}): JsonObject {
  return {
    module: 'keras',
    class_name,
    config: { trainable: true, dtype: DTYPE, ...config },
    registered_name: class_name,
    compile_config: { optimizer: 'adam', loss: 'mse' },
    ...rest,
  };
}

/** Bidirectional LSTM, GRU with reset_after, Dense; without an input layer. */
export const SEQUENTIAL = model('Sequential', {
  name: 'sequential_5',
  layers: [
    layer(
      'Bidirectional',
      {
        name: 'bidirectional_1',
        merge_mode: 'concat',
        layer: layer('LSTM', lstm('forward_lstm_7', 3, { return_sequences: true })),
      },
      { build_config: { input_shape: [null, 4, 2] } },
    ),
    layer('Dropout', { name: 'dropout_1', rate: 0.3, seed: null, noise_shape: null }),
    layer('GRU', gru('gru_2', 2)),
    layer('Dense', dense('dense_3', 2, 'softmax')),
  ],
  build_input_shape: [null, 4, 2],
});

/** Two embeddings, the first masked; an LSTM whose states start another one. */
export const TRANSLATION = model('Functional', {
  name: 'functional_1',
  layers: [
    { ...inputLayer('source_ids', [null, 5], 'int64'), name: 'source_ids', inbound_nodes: [] },
    { ...inputLayer('target_ids', [null, 4], 'int64'), name: 'target_ids', inbound_nodes: [] },
    {
      ...layer('Embedding', {
        name: 'source_embedding',
        input_dim: 7,
        output_dim: 3,
        mask_zero: true,
        embeddings_initializer: initializer('RandomUniform', { seed: null, minval: -0.05, maxval: 0.05 }),
        embeddings_regularizer: null,
        activity_regularizer: null,
        embeddings_constraint: null,
      }),
      name: 'source_embedding',
      inbound_nodes: [call([tensor('source_ids')])],
    },
    {
      module: 'keras.src.ops.numpy',
      class_name: 'NotEqual',
      config: { name: 'not_equal' },
      registered_name: 'NotEqual',
      name: 'not_equal',
      inbound_nodes: [call([tensor('source_ids'), 0])],
    },
    {
      ...layer('Embedding', {
        name: 'target_embedding',
        input_dim: 6,
        output_dim: 3,
        mask_zero: false,
        embeddings_initializer: initializer('RandomUniform', { seed: null, minval: -0.05, maxval: 0.05 }),
      }),
      name: 'target_embedding',
      inbound_nodes: [call([tensor('target_ids')])],
    },
    {
      ...layer('LSTM', lstm('the_encoder', 4, { return_state: true })),
      name: 'the_encoder',
      inbound_nodes: [call([tensor('source_embedding')], { training: false, mask: tensor('not_equal') })],
    },
    {
      ...layer('LSTM', lstm('the_decoder', 4, { return_sequences: true })),
      name: 'the_decoder',
      inbound_nodes: [
        call([tensor('target_embedding')], {
          initial_state: [tensor('the_encoder', 1), tensor('the_encoder', 2)],
          training: false,
          mask: null,
        }),
      ],
    },
    {
      ...layer('Concatenate', { name: 'both_of_them', axis: -1 }),
      name: 'both_of_them',
      inbound_nodes: [call([[tensor('the_decoder'), tensor('target_embedding')]])],
    },
    {
      ...layer('TimeDistributed', {
        name: 'each_step',
        layer: layer('Dense', dense('dense_1', 6, 'softmax')),
      }),
      name: 'each_step',
      inbound_nodes: [call([tensor('both_of_them')], { mask: null })],
    },
  ],
  input_layers: [
    ['source_ids', 0, 0],
    ['target_ids', 0, 0],
  ],
  output_layers: ['each_step', 0, 0],
});
