import { basename, dirname, relative } from 'node:path';
import { Model } from '../../index.ts';
import { structureOf } from '../../model/graph/structure.ts';
import type { Opened } from '../../modelFiles/opened.ts';
import { CliError } from '../failure.ts';
import { quoted } from '../show.ts';
import { isTableModel } from '../table/tableModel.ts';
import { graphModule, STATES } from './graphModule.ts';
import { type LayerConfig, moduleOf, nameOf, python, tiesOf } from './modules.ts';
import { FILES, FORWARD, HEAD, LAST_STEP, LOOP, TABLE, TEXT } from './template.ts';

/** What the loop needs of a file besides the parameters. */
const TRAINING = 'training';

/**
 * A Python file with the model as a module of torch.nn that loads its safetensors file; for a model that `train` saved
 * also the loop that goes on with its training on several processes (torchrun, DDP over gloo).
 *
 * What it says of layers comes from the loaded model, which has checked it, never from the text in the file.
 * @param from path of the safetensors file
 * @param to path of the Python file
 * @throws {CliError} if the file has a layer that torch.nn does not have
 * @throws {UnrolledError} if the model can't be loaded
 */
export async function torchFile(opened: Opened, from: string, to: string): Promise<string> {
  const { metadata = {} } = opened;
  if (opened.format !== 'safetensors' || !opened.model)
    throw new CliError('expected a safetensors file that unrolled saved: convert it to one first');
  const model = await opened.model();
  const layers = model.layers.map(
    (layer): LayerConfig => ({ type: layer.type, ...layer.config(model.layers) }),
  );
  const graph = model instanceof Model ? structureOf(model.graph) : undefined;
  const lines = graph ? graphModule(layers, graph) : chainModule(layers);
  const path = relative(dirname(to), from).replaceAll('\\', '/');
  const isTable = isTableModel(metadata);
  const isText = metadata.vocabulary !== undefined && metadata[TRAINING] !== undefined;
  const usage =
    isTable || isText
      ? [`torchrun --nproc-per-node 2 ${quoted(basename(to))} FILE goes on with the training.`]
      : [];
  const about = [`${basename(from)} as a module of PyTorch, written by unrolled.`, ...usage];
  return [
    `"""${about.map((line) => python(line).slice(1, -1)).join('\n')}\n"""\n`,
    HEAD,
    `\nMODEL = Path(__file__).parent / ${python(path)}\n`,
    (layers.some(({ type }) => type === 'LastStep') ? LAST_STEP : '') + (graph ? STATES : ''),
    ...lines,
    FILES + (isTable ? TABLE + LOOP : isText ? TEXT + LOOP : ''),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** The lines of a class of PyTorch that runs a chain of layers. @throws {CliError} if torch.nn has none for a layer */
function chainModule(layers: readonly LayerConfig[]): string[] {
  const modules = layers.map((layer, i) => moduleOf(layer, i, layers));
  const isNamed = layers.some(({ name }) => name !== undefined);
  const entries = modules.map((module, i) =>
    isNamed ? `(${python(nameOf(layers[i]!, i))}, ${module})` : module,
  );
  return [
    'class Model(nn.Sequential):',
    '    """Parameters are named as in the file."""\n',
    '    def __init__(self):',
    `        super().__init__(${isNamed ? 'OrderedDict([' : ''}`,
    ...entries.map((entry) => `            ${entry},`),
    `        ${isNamed ? '])' : ''})`,
    ...tiesOf(layers),
    FORWARD,
  ];
}
