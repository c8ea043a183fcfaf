import { readTorch } from '../formats/torch/index.ts';
import { inflate } from '../formats/zip/inflate.ts';
import { brief } from './brief.ts';
import { layerRow } from './layersModel.ts';
import type { Format } from './opened.ts';

/** Makes a quantized tensor, in Python. */
const QUANTIZED = 'torch._utils._rebuild_qtensor';

/** Files of torch.save. */
export const torch: Format = {
  kinds: ['pytorch', 'pickle'],
  expected: 'a PyTorch file (.pt)',
  open: async ({ bytes }) => {
    const { form, tensors, groups, values, ignored } = readTorch(bytes, { inflate });
    return {
      format: `PyTorch (${form})`,
      layers: groups.map(({ prefix, type, config }) => layerRow(prefix, type, config)),
      metadata: Object.fromEntries([...values].map(([key, value]) => [key, brief(value)])),
      tensors,
      sections: ignored.length
        ? [{ title: 'Classes and functions that were not called', rows: ignored.map((name) => [name]) }]
        : [],
      whyNot: ignored.includes(QUANTIZED)
        ? 'its weights were quantized and packed by PyTorch: save the state_dict of the model before it is quantized'
        : 'a PyTorch file has tensors, but not the layers of a model (docs/guides/pytorch.md)',
    };
  },
};
