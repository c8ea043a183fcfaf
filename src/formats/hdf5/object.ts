import { FormatError } from '../../errors.ts';
import { type Hdf5Attribute, readAttribute } from './attributes.ts';
import { datasetOf, type Hdf5Dataset, type Hdf5Value } from './dataset.ts';
import { type Hdf5Bytes, type Hdf5Storage, NOWHERE } from './file.ts';
import { linksOf } from './links.ts';
import { MESSAGE, type Message, messagesOf } from './messages.ts';
import { readSuperblock } from './superblock.ts';

/** Groups within each other, at most. */
const DEEPEST = 32;
/** Objects that `datasets` visits, at most. */
const MOST_OBJECTS = 200_000;

/** A group or a dataset of an HDF5 file. */
export class Hdf5Object {
  /** Names from the root, with a slash before each. */
  readonly path: string;
  /** Undefined for a group. */
  readonly dataset: Hdf5Dataset | undefined;
  readonly #file: Hdf5Bytes;
  readonly #messages: readonly Message[];
  /** Addresses, and objects that were read. */
  #links: Map<string, number | Hdf5Object> | undefined;
  #attributes: ReadonlyMap<string, Hdf5Attribute> | undefined;

  constructor(file: Hdf5Bytes, address: number, path: string) {
    const where = path || '/';
    this.path = path;
    this.#file = file;
    this.#messages = messagesOf(file, address, where);
    this.dataset = datasetOf(file, this.#messages, where);
  }

  /** Names of the objects in a group, in the order of the file. */
  get names(): string[] {
    return [...this.#all().keys()];
  }

  /** The object of a path of names with slashes in between; undefined if there is none. */
  get(path: string): Hdf5Object | undefined {
    let found: Hdf5Object | undefined = this;
    for (const name of path.split('/')) {
      if (found && name !== '') found = found.#child(name);
    }
    return found;
  }

  /** The value of an attribute; undefined if there is none. @throws {FormatError} if it can't be read */
  attribute(name: string): Hdf5Value | undefined {
    this.#attributes ??= this.#readAttributes();
    return this.#attributes.get(name)?.read();
  }

  /** Names of the attributes. */
  get attributes(): string[] {
    this.#attributes ??= this.#readAttributes();
    return [...this.#attributes.keys()];
  }

  /**
   * All datasets in a group and the groups in it, by their path without the group's own.
   * @throws {FormatError} if groups contain themselves, or there are too many objects
   */
  datasets(): Map<string, Hdf5Dataset> {
    const found = new Map<string, Hdf5Dataset>();
    let count = 0;
    const visit = (object: Hdf5Object, path: string, depth: number) => {
      const refuse = (why: string) => new FormatError(`hdf5: ${object.path || '/'}: ${why}`);
      if (++count > MOST_OBJECTS) throw refuse(`more than ${MOST_OBJECTS} objects`);
      if (depth > DEEPEST) throw refuse('groups are nested too deep, or contain themselves');
      if (object.dataset) found.set(path, object.dataset);
      // names from a file may have slashes
      else
        for (const name of object.names)
          visit(object.#child(name)!, path ? `${path}/${name}` : name, depth + 1);
    };
    visit(this, '', 0);
    return found;
  }

  #all(): Map<string, number | Hdf5Object> {
    this.#links ??= linksOf(this.#file, this.#messages);
    return this.#links;
  }

  #child(name: string): Hdf5Object | undefined {
    const links = this.#all();
    let child = links.get(name);
    if (typeof child === 'number')
      links.set(name, (child = new Hdf5Object(this.#file, child, `${this.path}/${name}`)));
    return child;
  }

  #readAttributes(): ReadonlyMap<string, Hdf5Attribute> {
    const file = this.#file;
    const found = this.#messages.flatMap(({ type, data }) => {
      if (type === MESSAGE.attribute) return [data];
      if (type !== MESSAGE.attributeInfo) return [];
      const cursor = data.copy();
      cursor.skip(1);
      if (cursor.u8() & 1) cursor.skip(2);
      const [heap, tree] = [cursor.address(), cursor.address()];
      return heap === NOWHERE ? [] : file.storage.objects(file, heap, tree, cursor.where);
    });
    return new Map(found.map((message) => readAttribute(file, message)).map((each) => [each.name, each]));
  }
}

/**
 * The root group of an HDF5 file.
 * @param storage reads data in chunks, and groups and attributes in fractal heaps
 * @throws {FormatError} if the bytes are not such a file, or are truncated
 */
export function openHdf5(bytes: Uint8Array, storage: Hdf5Storage): Hdf5Object {
  const { file, root } = readSuperblock(bytes, storage);
  return new Hdf5Object(file, root, '');
}
