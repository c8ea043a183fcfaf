import type { Field } from './fields.ts';

/** The address keeps which tab is open and its settings: `#series?series=co2&cell=LSTM`. */

type Setting = string | number;
export type Settings = Readonly<Record<string, Setting>>;
type Fields = Readonly<Record<string, Field<string> | Field<number>>>;

/** Longest text that an address keeps. */
const LONGEST = 300;

/** Settings of tabs by their ids, as the address has them. */
const queries = new Map<string, string>();
const opened = new Map<string, (query: URLSearchParams) => void>();

/** The id of the tab that the address asks for. Its settings are taken over. */
export function asked(): string {
  const [tab = '', query] = location.hash.slice(1).split('?');
  if (query !== undefined) {
    queries.set(tab, query);
    opened.get(tab)?.(new URLSearchParams(query));
  }
  return tab;
}

/** Puts a tab into the address, with its settings. */
export function show(tab: string): void {
  const query = queries.get(tab);
  const hash = query ? `#${tab}?${query}` : `#${tab}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
}

/**
 * Brings the fields of a tab to the settings of the address, and the address to what a person sets. Values as they are now
 * are left out of it.
 *
 * @returns the settings that the address gave, those of these fields only
 */
export function linked(panel: HTMLElement, tab: string, fields: Fields): Settings {
  const all = Object.entries(fields) as [string, Field<Setting>][];
  const initial = new Map(all.map(([name, field]) => [name, field.value]));
  const take = (query: URLSearchParams) => {
    const taken: Record<string, Setting> = {};
    for (const [name, field] of all) {
      const text = query.get(name);
      if (text === null || text.length > LONGEST) continue;
      const value = typeof field.value === 'number' ? Number(text) : text;
      if (!field.accepts(value)) continue;
      taken[name] = value;
      if (field.value === value) continue;
      field.value = value;
      heard(field.root);
    }
    return taken;
  };
  const write = () => {
    const query = new URLSearchParams();
    for (const [name, field] of all) {
      const text = String(field.value);
      if (field.value !== initial.get(name) && text.length <= LONGEST) query.set(name, text);
    }
    queries.set(tab, String(query));
    show(tab);
  };
  const taken = take(new URLSearchParams(queries.get(tab)));
  panel.addEventListener('change', write);
  opened.set(tab, take);
  return taken;
}

/** As if a person had set it. */
function heard(root: HTMLElement): void {
  const control = root.matches('input, select, textarea')
    ? root
    : root.querySelector('input, select, textarea');
  for (const kind of ['input', 'change']) control?.dispatchEvent(new Event(kind));
}
