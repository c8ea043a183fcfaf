import * as address from './address.ts';
import { el } from './el.ts';

export interface Tab {
  readonly id: string;
  readonly label: string;
  /** Fills the panel, the first time it is shown. */
  readonly open: () => Promise<(panel: HTMLElement) => void>;
}

/** Tabs by the ARIA pattern: arrow keys, Home and End move; the address keeps which one is open, and its settings. */
export function tabs(root: HTMLElement, all: readonly Tab[]): void {
  const opened = new Set<string>();
  const buttons = all.map(({ id, label }, i) =>
    el(
      'button',
      {
        ...{ type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}` },
        // as wide as the bold one
        'data-label': label,
        onclick: () => show(i),
        onkeydown: (event: KeyboardEvent) => move(event, i),
      },
      label,
    ),
  );
  const panels = all.map(({ id }) =>
    el('section', { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}`, tabindex: 0 }),
  );
  const list = el('div', { role: 'tablist', 'aria-label': 'What to look at' }, ...buttons);
  root.append(list, ...panels);

  function show(index: number): void {
    const { id, open } = all[index]!;
    for (const [i, button] of buttons.entries()) {
      button.setAttribute('aria-selected', String(i === index));
      button.tabIndex = i === index ? 0 : -1;
      panels[i]!.hidden = i !== index;
    }
    address.show(id);
    reveal();
    if (opened.has(id)) return;
    opened.add(id);
    void fill(panels[index]!, open);
  }

  /** Scrolls the row of tabs, where it is narrower than they are, to the one that is open. */
  function reveal(): void {
    const open = buttons.find(({ tabIndex }) => tabIndex === 0)!.getBoundingClientRect();
    const row = list.getBoundingClientRect();
    list.scrollLeft += Math.min(0, open.left - row.left) + Math.max(0, open.right - row.right);
  }

  /** What could not be loaded is asked for again when the person says so. */
  async function fill(panel: HTMLElement, open: Tab['open']): Promise<void> {
    panel.replaceChildren();
    try {
      (await open())(panel);
    } catch (error) {
      const retry = el('button', { type: 'button', onclick: () => void fill(panel, open) }, 'Try again');
      const why = `This part of the page can’t be loaded: ${(error as Error).message}`;
      panel.replaceChildren(el('div', { role: 'alert' }, el('p', {}, why), retry));
    }
  }

  function move(event: KeyboardEvent, from: number): void {
    const last = all.length - 1;
    const to = {
      ArrowRight: from === last ? 0 : from + 1,
      ArrowLeft: from === 0 ? last : from - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
    buttons[to]!.focus();
  }

  const asked = () => {
    const tab = address.asked();
    return Math.max(
      0,
      all.findIndex(({ id }) => id === tab),
    );
  };
  addEventListener('hashchange', () => show(asked()));
  show(asked());
  new ResizeObserver(reveal).observe(list);
}
