/** Of the names that each of the entries of assembly/ exports. */
export const EXPORT_HASHES: readonly number[] = [
  -2084442241, // inference
  -1342287661, // core
  -757019154, // index
];
