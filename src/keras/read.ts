import type { KerasDescription } from '../formats/keras/description.ts';
import type { Json } from '../formats/keras/json.ts';
import { type FileMap, type KerasStorage, type Parts, readKeras } from '../formats/keras/readKeras.ts';
import { Missing } from '../formats/missing.ts';
import { imported } from '../imported.ts';
import type { KerasLayers } from '../kerasLayers/table.ts';
import type { LayerClasses } from '../model/registry.ts';

/** What is given in place of what `import()` loads, and what that has loaded. */
type Given = {
  -readonly [Name in keyof Parts]-?: Name extends 'layers' ? KerasLayers | undefined : Parts[Name];
};

type Loaders = { readonly [Name in keyof Given]: (() => Promise<Given[Name]>)[] };

/** What to import where `import()` fails. */
const INSTEAD =
  'layers of unrolled/keras-layers and storage of unrolled/keras-storage and pass them to loadKeras';

/** Reads files; what they need is loaded first. */
export async function read(
  files: FileMap,
  architecture: Json | undefined,
  layers: KerasLayers | undefined,
  storage: KerasStorage | undefined,
): Promise<{ description: KerasDescription; classes: LayerClasses | undefined }> {
  const parts: Given = { layers, storage, binary: storage, keras3: storage, manifest: storage };
  /** What loads a part, the ones with more of it last. */
  const loaders: Loaders = {
    binary: [() => import('../formats/keras/binary.ts')],
    manifest: [() => import('../formats/keras/tfjsWeights.ts')],
    keras3: [() => import('../formats/keras/keras3.ts')],
    storage: [async () => (await import('../kerasStorage/compressed.ts')).compressed],
    layers: layers
      ? []
      : [
          async () => (await import('../kerasLayers/common.ts')).common,
          async () => (await import('../kerasLayers/index.ts')).layers,
        ],
  };
  for (;;) {
    try {
      return { description: readKeras(files, architecture, parts), classes: parts.layers?.classes };
    } catch (error) {
      const part = error instanceof Missing && (error.part as keyof Given);
      const load = part && loaders[part].shift();
      if (!load) throw error;
      parts[part] = (await imported<unknown>(load(), part, INSTEAD)) as never;
    }
  }
}
