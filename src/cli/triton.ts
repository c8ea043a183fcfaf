import { basename, join, resolve } from 'node:path';
import type { Model, Sequential } from '../index.ts';
import type { Opened } from '../modelFiles/opened.ts';
import { loadOnnx } from '../onnx/index.ts';
import { saveOnnx } from '../onnxWriter/index.ts';
import { type Converted, hasInitialStates } from './converted.ts';
import { CliError } from './failure.ts';
import { shown } from './files.ts';
import { needKernels } from './kernels.ts';

/** Most rows of a batch, and sequences at a time. */
const ROWS = 256;
const SEQUENCES = 4096;
/** After which an unused sequence ends, in µs. */
const IDLE = 600_000_000;

const TYPES: Readonly<Record<string, string>> = { float32: 'TYPE_FP32', int64: 'TYPE_INT64' };

interface Value {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string | null)[];
}

/**
 * A model for Triton Inference Server (ONNX Runtime backend): `1/model.onnx` with states as inputs and outputs, rows
 * first, and a config.pbtxt by which the server keeps the states of each sequence and steps sequences as batches.
 *
 * @throws {CliError} if it has no layers, or states that it starts from
 * @throws {FormatError} as `saveOnnx`
 */
export async function tritonFiles(opened: Opened, folder: string): Promise<Converted> {
  if (folder === '') throw new CliError("can't write '': no name of a folder", 2);
  await needKernels();
  if (!opened.model) throw new CliError(opened.whyNot ?? 'it has no layers');
  const model = (await opened.model()) as Sequential | Model;
  if (hasInitialStates(model))
    throw new CliError('--to triton: sequences start there from zeros, the model from learned initialStates');
  const file = saveOnnx(model, { states: true, batchFirst: true });
  const name = basename(resolve(folder));
  const config = await configOf(name, file);
  const states = config.includes('sequence_batching')
    ? 'which keeps the states of each sequence'
    : 'without states';
  return {
    folder: join(folder, '1'),
    files: [
      [join(folder, '1', 'model.onnx'), file],
      [join(folder, 'config.pbtxt'), new TextEncoder().encode(config)],
    ],
    line: `${shown(folder)}: a model for Triton (ONNX Runtime), ${states}`,
  };
}

/** The text of config.pbtxt (ModelConfig of Triton) for an ONNX file whose states are named `….h0` and `….hN`. */
export async function configOf(name: string, file: Uint8Array): Promise<string> {
  const session = await loadOnnx(file);
  const isState = ({ name }: Value) => /\.[a-z]+[0N]$/.test(name);
  const [inputs, outputs] = [session.inputs, session.outputs].map((list) => list as readonly Value[]) as [
    readonly Value[],
    readonly Value[],
  ];
  const states = inputs.filter(isState).map((input) => state(input));
  const lists = [
    ['input', inputs.filter((one) => !isState(one)).map(port)],
    ['output', outputs.filter((one) => !isState(one)).map(port)],
  ] as const;
  session.dispose();
  return [
    `name: ${JSON.stringify(name)}`,
    'backend: "onnxruntime"',
    `max_batch_size: ${ROWS}`,
    ...lists.map(([key, items]) => `${key} [\n${items.join(',\n')}\n]`),
    ...(states.length
      ? [
          'sequence_batching {',
          `  max_sequence_idle_microseconds: ${IDLE}`,
          `  oldest {\n    max_candidate_sequences: ${SEQUENCES}\n  }`,
          `  state [\n${states.join(',\n')}\n  ]`,
          '}\n',
        ]
      : ['dynamic_batching {\n}\n']),
  ].join('\n');
}

function port(value: Value): string {
  return `  {\n${fields(value, '    ')}\n  }`;
}

function state(input: Value): string {
  const { type, dims } = sizes(input);
  return [
    '    {',
    `      input_name: ${JSON.stringify(input.name)}`,
    `      output_name: ${JSON.stringify(input.name.replace(/0$/, 'N'))}`,
    `      data_type: ${type}`,
    `      dims: ${dims}`,
    '      initial_state {',
    `        name: ${JSON.stringify(`zeros of ${input.name}`)}`,
    `        data_type: ${type}`,
    `        dims: ${dims}`,
    '        zero_data: true',
    '      }',
    '    }',
  ].join('\n');
}

function fields(value: Value, indent: string): string {
  const { type, dims } = sizes(value);
  // values without sizes besides the rows are refused
  const shape =
    value.shape.length > 1 ? [`dims: ${dims}`] : ['dims: [ 1 ]', 'reshape {', '  shape: [ ]', '}'];
  const lines = [`name: ${JSON.stringify(value.name)}`, `data_type: ${type}`, ...shape];
  return lines.map((line) => indent + line).join('\n');
}

/** Type and sizes without the first one, the rows; −1 for free ones. */
function sizes({ dtype, shape }: Value): { readonly type: string; readonly dims: string } {
  const dims = shape.slice(1).map((size) => (typeof size === 'number' ? size : -1));
  return { type: TYPES[dtype]!, dims: `[ ${dims.join(', ')} ]` };
}
