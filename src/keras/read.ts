import type { KerasDescription } from '../formats/keras/description.ts';
import type { Json } from '../formats/keras/json.ts';
import { type FileMap, type KerasStorage, type Parts, readKeras } from '../formats/keras/readKeras.ts';
import { Missing } from '../formats/missing.ts';
import { imported } from '../imported.ts';
import type { KerasLayers } from '../kerasLayers/table.ts';
import type { LayerClasses } from '../model/registry.ts';

/** What is given in place of what `import()` loads. */
interface Given extends Parts {
  readonly layers?: KerasLayers | undefined;
}

/** What to import where `import()` fails. */
const INSTEAD =
  'layers of unrolled/keras-layers and storage of unrolled/keras-storage and pass them to loadKeras';

/** Reads files; what they need is loaded first. */
export async function read(
  files: FileMap,
  architecture: Json | undefined,
  layers: KerasLayers | undefined,
  storage: KerasStorage | undefined,
): Promise<{ description: KerasDescription; classes: LayerClasses }> {
  let parts: Given = { layers, storage, binary: storage, keras3: storage, manifest: storage };
  /** What loads a part, the ones with more of it last. */
  const loaders: Record<string, (() => Promise<Given>)[]> = {
    binary: [async () => ({ binary: await import('../formats/keras/binary.ts') })],
    manifest: [async () => ({ manifest: await import('../formats/keras/tfjsWeights.ts') })],
    keras3: [async () => ({ keras3: await import('../formats/keras/keras3.ts') })],
    storage: [async () => ({ storage: (await import('../kerasStorage/compressed.ts')).compressed })],
    layers: [
      async () => ({ layers: (await import('../kerasLayers/common.ts')).common }),
      async () => ({ layers: (await import('../kerasLayers/index.ts')).layers }),
    ],
  };
  if (layers) loaders.layers = [];
  for (;;) {
    try {
      return { description: readKeras(files, architecture, parts), classes: parts.layers?.classes ?? {} };
    } catch (error) {
      const load = error instanceof Missing && loaders[error.part]!.shift();
      if (!load) throw error;
      parts = { ...parts, ...(await imported(load(), error.part, INSTEAD)) };
    }
  }
}
