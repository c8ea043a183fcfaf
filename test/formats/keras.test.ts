import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/formats/keras/json.ts';
import { camelCase } from '../../src/formats/keras/json.ts';
import { toKeras2 } from '../../src/formats/keras/modelConfig.ts';
import { weightNames } from '../../src/formats/keras/weightNames.ts';
import {
  call,
  dense,
  inputLayer,
  layer,
  lstm,
  model,
  SEQUENTIAL,
  TRANSLATION,
  tensor,
} from './kerasConfigs.ts';

/** All keys in a value. */
function keysIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...keysIn(each as Json)]);
}

function layersOf(converted: Json): JsonObject[] {
  return (converted as { config: { layers: JsonObject[] } }).config.layers;
}

/** As TF.js changes a description before its classes see it. */
function asTfjs(value: Json | undefined, key = ''): Json {
  if (typeof value === 'string') return key === 'name' ? value : camelCase(value);
  if (Array.isArray(value)) {
    const isName = (each: Json, i: number) =>
      i === 0 && typeof each === 'string' && /^(inboundNodes|inputLayers|outputLayers)$/.test(key);
    return value.map((each: Json, i) => (isName(each, i) ? each : asTfjs(each, key === 'name' ? '' : key)));
  }
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([k, each]) => [camelCase(k), asTfjs(each as Json, camelCase(k))]),
  );
}

describe('toKeras2', () => {
  test('drops what wraps objects, in the whole description', () => {
    for (const given of [SEQUENTIAL, TRANSLATION]) {
      const keys = keysIn(toKeras2(given));
      const wrapping = [
        'module',
        'registered_name',
        'build_config',
        'compile_config',
        'shared_object_id',
        'batch_shape',
      ];
      expect(keys.filter((key) => wrapping.includes(key))).toEqual([]);
    }
  });

  test('Sequential gets the input layer that it was built with', () => {
    const [input, ...others] = layersOf(toKeras2(SEQUENTIAL));
    const config = { batch_input_shape: [null, 4, 2], name: 'sequential_5_input' };
    expect(input).toMatchObject({ class_name: 'InputLayer', config });
    expect(others.map(({ class_name }) => class_name)).toEqual(['Bidirectional', 'Dropout', 'GRU', 'Dense']);
  });

  test('a Sequential with an input layer, or with batch_input_shape, keeps its layers', () => {
    const first = inputLayer('in', [null, 3]);
    for (const layers of [
      [first, layer('Dense', dense('d', 2))],
      [{ class_name: 'Dense', config: { ...dense('d', 2), batch_input_shape: [null, 3] } }],
    ]) {
      const converted = layersOf(
        toKeras2(model('Sequential', { name: 's', layers, build_input_shape: [null, 3] })),
      );
      expect(converted.length).toBe(layers.length);
      expect((converted[0]!.config as JsonObject).batch_input_shape).toEqual([null, 3]);
    }
  });

  test('inbound nodes are lists: arguments first, then initial states; masks are left out', () => {
    const layers = layersOf(toKeras2(TRANSLATION));
    const nodes = Object.fromEntries(layers.map(({ name, inbound_nodes }) => [name, inbound_nodes]));
    const kwargs = { training: false };
    // the call with initial states names no mask
    const unmasked = { ...kwargs, unmasked: true };
    expect(nodes).toEqual({
      source_ids: [],
      target_ids: [],
      source_embedding: [[['source_ids', 0, 0, {}]]],
      target_embedding: [[['target_ids', 0, 0, {}]]],
      the_encoder: [[['source_embedding', 0, 0, kwargs]]],
      the_decoder: [
        [
          ['target_embedding', 0, 0, unmasked],
          ['the_encoder', 0, 1, unmasked],
          ['the_encoder', 0, 2, unmasked],
        ],
      ],
      both_of_them: [
        [
          ['the_decoder', 0, 0, {}],
          ['target_embedding', 0, 0, {}],
        ],
      ],
      each_step: [[['both_of_them', 0, 0, {}]]],
    });
  });

  test('one input or output, several, or some by name', () => {
    const { config } = toKeras2(TRANSLATION) as { config: JsonObject };
    expect(config.output_layers).toEqual([['each_step', 0, 0]]);
    expect(config.input_layers).toEqual([
      ['source_ids', 0, 0],
      ['target_ids', 0, 0],
    ]);
    const named = model('Functional', {
      layers: [],
      input_layers: {},
      output_layers: { a: ['a', 0, 0], b: ['b', 0, 1] },
    });
    expect((toKeras2(named) as { config: JsonObject }).config.output_layers).toEqual([
      ['a', 0, 0, 'a'],
      ['b', 0, 1, 'b'],
    ]);
  });

  test('calls of models in it are counted from 1', () => {
    const shape = [null, 2];
    const part = (className: string, name: string, source: string) => ({
      ...layer(className, { name, layers: [inputLayer('in', shape)] }, { name }),
      inbound_nodes: [call([tensor(source)])],
    });
    const layers = [
      { ...inputLayer('x', shape), name: 'x', inbound_nodes: [] },
      part('Sequential', 'a_b', 'x'),
      part('Functional', 'f', 'a_b'),
      part('Functional', 'g', 'f'),
    ];
    const ends = (...names: [string, number][]) => names.map(([name, index]) => [name, index, 0]);
    const output_layers = ends(['a_b', 0], ['f', 1], ['g', 1]);
    const given = model('Functional', { layers, input_layers: ['x', 0, 0], output_layers });
    const expected = [undefined, 'x 0', 'a_b 1', 'f 1'];
    for (const converted of [toKeras2(given), toKeras2(asTfjs(given))]) {
      const { config } = converted as { config: JsonObject };
      const calls = layersOf(converted).map(
        (each) => each.inbound_nodes ?? each.inboundNodes,
      ) as Json[][][][];
      expect(calls.map(([sources]) => sources && `${sources[0]![0]} ${sources[0]![1]}`)).toEqual(expected);
      expect(config.output_layers ?? config.outputLayers).toEqual(ends(['a_b', 1], ['f', 1], ['g', 1]));
    }
  });

  test('dtypes are those of variables', () => {
    const dtypeOf = (dtype: Json) => {
      const given = { class_name: 'Dense', config: { dtype } };
      return (toKeras2(given) as { config: JsonObject }).config.dtype;
    };
    const policy = (name: string) => ({ class_name: 'DTypePolicy', config: { name } });
    expect(
      ['float32', 'mixed_float16', 'bfloat16', 'int64', 'bool'].map((name) => dtypeOf(policy(name))),
    ).toEqual([...['float32', 'float32', 'float32', 'int32', 'bool']]);
    expect(dtypeOf('int64')).toBe('int32');
  });

  test('tuples, arrays and functions are plain values', () => {
    const config = {
      shape: { class_name: '__tuple__', items: [1, 2] },
      value: { class_name: '__numpy__', config: { value: [0.5], dtype: 'float32' } },
      activation: {
        module: 'builtins',
        class_name: 'function',
        config: 'my_relu',
        registered_name: 'function',
      },
    };
    expect(toKeras2({ class_name: 'Own', config })).toEqual({
      class_name: 'Own',
      config: { shape: [1, 2], value: [0.5], activation: 'my_relu' },
    });
  });

  test('what Keras 2 writes stays as it is', () => {
    const given = {
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [
          {
            class_name: 'InputLayer',
            config: { batch_input_shape: [null, 3], dtype: 'float32', name: 'i' },
            name: 'i',
            inbound_nodes: [],
          },
          {
            class_name: 'LSTM',
            config: {
              name: 'l',
              units: 2,
              dtype: 'float32',
              kernel_initializer: { class_name: 'GlorotUniform', config: { seed: null } },
            },
            name: 'l',
            inbound_nodes: [[['i', 0, 0, {}]]],
          },
        ],
        input_layers: [['i', 0, 0]],
        output_layers: [['l', 0, 0]],
      },
    };
    expect(toKeras2(given)).toEqual(given);
  });

  test('in the form of TF.js the same', () => {
    for (const given of [SEQUENTIAL, TRANSLATION])
      expect(toKeras2(asTfjs(given))).toEqual(asTfjs(toKeras2(given)));
  });

  test('a layer NotEqual that is more than a mask stays', () => {
    const layers = [
      { ...layer('NotEqual', { name: 'ne' }), name: 'ne', inbound_nodes: [] },
      { ...layer('Own', { name: 'own' }), name: 'own', inbound_nodes: [call([tensor('ne')])] },
    ];
    expect(layersOf(toKeras2(model('Functional', { layers }))).length).toBe(2);
  });

  test.each([
    ['of no layer', [tensor('nobody')]],
    ['without history', [{ class_name: '__keras_tensor__', config: {} }]],
    [
      'with a history of something else',
      [{ class_name: '__keras_tensor__', config: { keras_history: ['d', 'x', {}] } }],
    ],
  ])('a tensor %s is refused', (_, args) => {
    const layers = [{ ...layer('Dense', dense('d', 1)), name: 'd', inbound_nodes: [call(args as Json[])] }];
    expect(() => toKeras2(model('Functional', { layers }))).toThrow(/keras_history/);
  });

  test.each([
    null,
    3,
    'x',
    [],
    {},
    { class_name: 3, config: 4 },
    { class_name: 'Functional', config: null },
    { class_name: 'constructor', config: {} },
  ])('no exception for %j', (given) => {
    expect(() => toKeras2(given as Json)).not.toThrow();
  });

  test('the hard sigmoid of Keras 3 has a name of its own', () => {
    const config = { activation: 'hard_sigmoid', recurrent_activation: 'hard_sigmoid' };
    const named = (given: JsonObject) => (toKeras2(given) as { config: JsonObject }).config;
    const [own, camel] = ['hard_sigmoid_of_keras3', 'hardSigmoidOfKeras3'];
    expect(named(layer('GRU', config))).toMatchObject({ activation: own, recurrent_activation: own });
    expect(named(asTfjs(layer('GRU', config)) as JsonObject)).toMatchObject({ recurrentActivation: camel });
    expect(named({ class_name: 'GRU', config })).toEqual(config);
  });

  test('silu of Keras 3 has the name swish', () => {
    const given = { activation: 'silu', recurrent_activation: 'silu', name: 'silu' };
    const { config } = toKeras2(layer('GRU', given)) as { config: JsonObject };
    expect(config).toMatchObject({ activation: 'swish', recurrent_activation: 'swish', name: 'silu' });
  });

  test('does not change its argument', () => {
    const before = structuredClone(TRANSLATION);
    toKeras2(TRANSLATION);
    expect(TRANSLATION).toEqual(before);
  });

  test('of lstm(…) with options in nested wrappers', () => {
    const given = layer('Bidirectional', { layer: layer('LSTM', lstm('x', 2)) });
    expect(toKeras2(given)).toMatchObject({
      class_name: 'Bidirectional',
      config: {
        dtype: 'float32',
        layer: {
          config: {
            recurrent_initializer: { class_name: 'Orthogonal', config: { seed: null, gain: 1 } },
            kernel_regularizer: { class_name: 'L1L2', config: { l1: 0, l2: 0.01 } },
          },
        },
      },
    });
  });
});

describe('weightNames', () => {
  const named = (name: string, className: string, weights: readonly string[], parts = {}) => ({
    ...{ name, getClassName: () => className, ...parts },
    weights: weights.map((originalName) => ({ originalName })),
  });
  const recurrent = ['kernel', 'recurrent_kernel', 'bias'];
  const gru = (direction: string) =>
    named(
      `${direction}_forward_gru`,
      'GRU',
      ['kernel', 'bias'].map((weight) => `bidirectional_2/${direction}_forward_gru/${weight}`),
    );
  const [forwardLayer, backwardLayer] = [gru('forward'), gru('backward')];
  const layers = [
    named(
      'lstm_7',
      'LSTM',
      recurrent.map((weight) => `lstm_7/${weight}`),
    ),
    named('bidirectional_2', 'Bidirectional', [], { forwardLayer, backwardLayer, layer: gru('') }),
    named(
      'lstm',
      'LSTM',
      recurrent.map((weight) => `lstm/${weight}`),
    ),
    named('dense', 'Dense', ['dense/kernel', 'dense/bias']),
  ];

  test('of .keras files: by the class and its number', () => {
    const given = [
      ...[0, 1, 2].map((i) => `layers/lstm/cell/vars/${i}`),
      ...['backward_layer', 'forward_layer'].flatMap((d) =>
        [0, 1].map((i) => `layers/bidirectional/${d}/cell/vars/${i}`),
      ),
      ...[0, 1, 2].map((i) => `_layer_checkpoint_dependencies/lstm_1/cell/vars/${i}`),
      'layers/dense/vars/0',
      'layers/dense/vars/1',
    ];
    expect(Object.fromEntries(weightNames(given, layers))).toEqual({
      'layers/lstm/cell/vars/0': 'lstm_7/kernel',
      'layers/lstm/cell/vars/1': 'lstm_7/recurrent_kernel',
      'layers/lstm/cell/vars/2': 'lstm_7/bias',
      'layers/bidirectional/forward_layer/cell/vars/0': 'bidirectional_2/forward_forward_gru/kernel',
      'layers/bidirectional/forward_layer/cell/vars/1': 'bidirectional_2/forward_forward_gru/bias',
      'layers/bidirectional/backward_layer/cell/vars/0': 'bidirectional_2/backward_forward_gru/kernel',
      'layers/bidirectional/backward_layer/cell/vars/1': 'bidirectional_2/backward_forward_gru/bias',
      '_layer_checkpoint_dependencies/lstm_1/cell/vars/0': 'lstm/kernel',
      '_layer_checkpoint_dependencies/lstm_1/cell/vars/1': 'lstm/recurrent_kernel',
      '_layer_checkpoint_dependencies/lstm_1/cell/vars/2': 'lstm/bias',
      'layers/dense/vars/0': 'dense/kernel',
      'layers/dense/vars/1': 'dense/bias',
    });
  });

  test('of .h5 files: names in between', () => {
    const given = [
      'sequential/lstm_7/lstm_cell/kernel',
      'sequential/bidirectional_2/forward_gru/gru_cell/bias',
      'sequential/bidirectional_2/backward_gru/gru_cell/bias',
      'sequential/dense/kernel',
    ];
    expect(Object.fromEntries(weightNames(given, layers))).toEqual({
      [given[0]!]: 'lstm_7/kernel',
      [given[1]!]: 'bidirectional_2/forward_forward_gru/bias',
      [given[2]!]: 'bidirectional_2/backward_forward_gru/bias',
      [given[3]!]: 'dense/kernel',
    });
  });

  test('names that TF.js finds, that fit nothing, or of another number of weights are left', () => {
    const given = [
      'lstm/kernel',
      'lstm_7/lstm_cell/bias',
      'other/kernel',
      'layers/dense/vars/0',
      'layers/other/vars/0',
    ];
    expect([...weightNames(given, layers)]).toEqual([]);
  });

  test('cells of a stack: by their names, or by class and number; layers of models by their place', () => {
    const cells = ['LSTM', 'GRU', 'LSTM'].map((className, i) =>
      named(['lstm_cell', 'a', 'lstm_cell_1'][i]!, `${className}Cell`, [`rnn/RNNCell_${i}/bias`]),
    );
    const rnn = named('rnn', 'RNN', [], { cell: named('stack', 'StackedRNNCells', [], { cells }) });
    const inner = [named('dense_9', 'Dense', ['dense_9/bias']), rnn];
    const model = [
      named('dense_2', 'Dense', ['dense_2/bias']),
      named('m', 'Functional', [], { layers: inner }),
    ];
    const folder = 'layers/functional/layers/rnn/cell/cells';
    const given = [
      ...['gru_cell', 'lstm_cell', 'lstm_cell_1'].map((name) => `${folder}/${name}/vars/0`),
      ...['rnn/stack/lstm_cell/bias', 'm/rnn/stack/lstm_cell_1/bias', 'rnn/stack/a/bias'],
      ...['layers/functional/layers/dense/vars/0', 'layers/dense/vars/0'],
    ];
    expect([...weightNames(given, model)].sort()).toEqual(
      [
        [given[0], 'rnn/RNNCell_1/bias'],
        [given[1], 'rnn/RNNCell_0/bias'],
        [given[2], 'rnn/RNNCell_2/bias'],
        [given[3], 'rnn/RNNCell_0/bias'],
        [given[4], 'rnn/RNNCell_2/bias'],
        [given[5], 'rnn/RNNCell_1/bias'],
        [given[6], 'dense_9/bias'],
        [given[7], 'dense_2/bias'],
      ].sort(),
    );
  });
});
