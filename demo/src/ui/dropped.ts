/** Of a folder: more files than this are no model. */
const MOST = 1000;

/**
 * The files that were dropped; of a folder those in it, without subfolders. Call it while the event is handled. What can't be read is
 * left out.
 */
export async function dropped(transfer: DataTransfer | null): Promise<File[]> {
  const entries = [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.());
  const plain = [...(transfer?.files ?? [])];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found = await Promise.all(entries.map((entry) => (entry ? within(entry) : [])));
  const files = await Promise.all(found.flat().slice(0, MOST).map(fileOf));
  return files.filter((file) => file !== undefined);
}

/** A file itself, or the files in a folder. */
async function within(entry: FileSystemEntry): Promise<FileSystemFileEntry[]> {
  if (entry.isFile) return [entry as FileSystemFileEntry];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FileSystemEntry[] = [];
  // a hundred at a time, and none at the end
  for (let more = await read(reader); more.length && all.length < MOST; more = await read(reader))
    all.push(...more);
  return all.filter(({ isFile }) => isFile) as FileSystemFileEntry[];
}

function read(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
}

function fileOf(entry: FileSystemFileEntry): Promise<File | undefined> {
  return new Promise((resolve) =>
    entry.file(resolve, () => {
      resolve(undefined);
    }),
  );
}
