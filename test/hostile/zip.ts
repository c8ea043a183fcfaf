import { zip64 } from '../formats/zip/zip64.ts';
import type { Broken } from './format.ts';
import { patched } from './mutate.ts';

/** Where an archive's entries of the directory begin. */
function entriesOf(archive: Uint8Array): number[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  const end = archive.length - 22;
  const found: number[] = [];
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    found.push(at);
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return found;
}

/** Rules of zip archives, each broken once. @param stored two files whose names differ in the last letter @param deflated the same */
export function brokenZips(stored: Uint8Array, deflated: Uint8Array): readonly Broken[] {
  const end = stored.length - 22;
  const [first, second] = entriesOf(stored) as [number, number];
  const [packed] = entriesOf(deflated) as [number];
  const long = zip64(stored);
  const nameEnd = 46 + stored[second + 28]! - 1;
  return [
    ['an archive without its end', stored.subarray(0, -1), /no directory at the end/],
    ['a directory beyond the archive', patched(stored, end + 18, 1), /directory .* beyond/],
    ['more entries than the directory has', patched(stored, end + 10, 9), /no entry 2 of 9/],
    ['an entry that is none', patched(stored, first, 0), /no entry 0 of 2/],
    [
      'a locator of a record of zip64 that is not there',
      patched(long, long.length - 98, 0),
      /record of zip64/,
    ],
    ['a file that is encrypted', patched(stored, first + 8, 1), /encrypted/],
    ['a method of compression that is unknown', patched(stored, first + 10, 12), /method 12/],
    ['a file without a header', patched(stored, first + 42, 3), /no header at byte 3/],
    ['a file beyond the directory', patched(stored, first + 22, 1), /beyond the archive/],
    ['a stored file of another size', patched(stored, first + 24, 250), /bytes for 250/],
    ['a bomb by what its directory says', patched(deflated, packed + 26, 0, 127), /bytes for/],
    ['two files of one name', patched(stored, second + nameEnd, stored[first + nameEnd]!), /listed twice/],
    ['files that overlap', patched(stored, second + 42, 0, 0), /overlap/],
    ['a file of another checksum', patched(stored, first + 16, stored[first + 16]! ^ 1), /another checksum/],
    ['a file that inflates to fewer bytes', patched(deflated, packed + 24, 250), /inflate to 250/],
  ];
}
