import { type CharRnn, loadCharRnn, loadSegmenter, type Segmenter } from '../text/index.ts';
import { parsed } from './json.ts';
import { layersModel } from './layersModel.ts';
import { listed } from './listed.ts';
import type { Format, ModelFile, Opened } from './opened.ts';

/** charRNN of ml5: a folder. */
export const charRnn: Format = {
  kinds: ['charrnn'],
  expected: 'a charRNN of ml5 (manifest.json)',
  open: (file) => {
    const variables: readonly unknown[] = Object.values(Object(parsed(file.bytes)));
    const names = variables.map((variable) => Object(variable).filename);
    const files = { ...listed(file, ['vocab.json', ...names]), 'manifest.json': file.bytes };
    return opened(file, 'ml5 charRNN', 'i j f o', () => loadCharRnn(files));
  },
};

/** LSTMs of ICU that find words. */
export const segmenter: Format = {
  kinds: ['segmenter'],
  expected: 'weights of a segmenter of ICU (weights.json)',
  open: (file) => opened(file, 'ICU segmenter', 'i f c o', () => loadSegmenter(file.bytes)),
};

async function opened(
  file: ModelFile,
  format: string,
  gates: string,
  make: () => CharRnn | Segmenter,
): Promise<Opened> {
  let made: CharRnn | Segmenter | undefined;
  const model = await layersModel(file, () => (made = make()), 'batch-first');
  const layers = model.layers!.map((layer) =>
    layer.type === 'LSTM' ? { ...layer, config: { ...layer.config, gates } } : layer,
  );
  return { ...model, format, layers, metadata: made!.metadata };
}
