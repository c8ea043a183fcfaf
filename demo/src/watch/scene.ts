import { palette } from '../charts/palette.ts';
import { colour, onTheme } from '../charts/theme.ts';
import { el } from '../ui/el.ts';
import type { Look, Looks, Name } from './protocol.ts';

/** Letters go in from left to right, one per this many ms; then the gradient runs back, and all stays for a while. */
const FORWARD_MS = 130;
const BACK_MS = 90;
const STAY_MS = 1400;
/** Decades that the light of the gradient shows. */
const DECADES = 4;
/** Columns of the units of a step, and where steps are narrow. */
const ACROSS = 4;
const NARROW = { step: 24, across: 2 };
/** Heights: guess, units, light, letters. */
const [GUESS, UNITS, LIGHT, LETTER] = [30, 76, 22, 34];
const NETWORK = GUESS + UNITS + LIGHT;
export const HEIGHT = 2 * NETWORK + LETTER;

/** The two networks unrolled in time: the letters in the middle, the RNN above them, the LSTM below. */
export class Scene {
  readonly canvas = el('canvas', {
    class: 'scene',
    role: 'img',
    'aria-label': 'Two networks, a step for each letter: the RNN above, the LSTM below',
  });
  /** The letter whose loss is looked at; undefined while it plays. */
  selected: number | undefined;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #looks: Looks;
  #next: Looks | undefined;
  #begun = performance.now();
  #playing = false;
  #units!: Uint8Array;
  #colours!: Record<'ink' | 'soft' | 'line' | 'accent' | 'glow', string>;

  constructor(looks: Looks) {
    this.#looks = looks;
    this.#theme();
    onTheme(() => {
      this.#theme();
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  get looks(): Looks {
    return this.#looks;
  }

  /** Shown when the letters that are shown have been played. */
  set(looks: Looks): void {
    this.#next = looks;
    if (this.#still.matches || !this.#playing) this.#turn();
    if (!this.#playing || this.#still.matches) this.draw();
  }

  play(playing: boolean): void {
    if (playing === this.#playing) return;
    this.#playing = playing;
    if (playing) this.#frame();
  }

  /** The step under a place. */
  at(clientX: number): number {
    const { left, width } = this.canvas.getBoundingClientRect();
    const count = this.#looks.letters.length;
    return Math.min(count - 1, Math.max(0, Math.floor(((clientX - left) / width) * count)));
  }

  #turn(): void {
    if (this.#next) this.#looks = this.#next;
    this.#next = undefined;
    this.#begun = performance.now();
  }

  #frame(): void {
    if (!this.#playing) return;
    if (!this.#still.matches) {
      const count = this.#looks.letters.length;
      const whole = count * (FORWARD_MS + BACK_MS) + STAY_MS;
      if (this.selected === undefined && performance.now() - this.#begun > whole) this.#turn();
      this.draw();
    }
    requestAnimationFrame(() => this.#frame());
  }

  #theme(): void {
    this.#units = palette('cold', 'card', 'warm');
    const named = { ink: 'ink', soft: 'soft', line: 'line', accent: 'accent', glow: 'warm' } as const;
    this.#colours = Object.fromEntries(
      Object.entries(named).map(([key, name]) => [key, colour(name)]),
    ) as Record<keyof typeof named, string>;
  }

  draw(): void {
    const { canvas } = this;
    const width = canvas.clientWidth;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    const [w, h] = [Math.round(width * scale), Math.round(HEIGHT * scale)];
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    const g = canvas.getContext('2d')!;
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, width, HEIGHT);
    g.textAlign = 'center';
    g.textBaseline = 'middle';
    const { letters, networks } = this.#looks;
    const count = letters.length;
    const passed = performance.now() - this.#begun;
    const isStill = this.selected !== undefined || this.#still.matches || !this.#playing;
    const k = this.selected ?? count - 2;
    // steps that have read, and where the light is
    const read = isStill ? k + 1 : Math.min(count, passed / FORWARD_MS);
    const light = isStill ? -1 : k - (passed - count * FORWARD_MS) / BACK_MS;
    const step = width / count;
    const middle = NETWORK + LETTER / 2;
    for (let t = 0; t < count; t++) {
      g.globalAlpha = t < read ? 1 : 0.25;
      g.fillStyle = t === k && read > k ? this.#colours.glow : this.#colours.ink;
      g.font = `600 ${Math.min(20, step * 0.8)}px ui-monospace, "DejaVu Sans Mono", monospace`;
      g.fillText(letters[t] === ' ' ? '·' : letters[t]!, (t + 0.5) * step, middle);
    }
    for (const [name, direction] of [
      ['RNN', -1],
      ['LSTM', 1],
    ] as const)
      this.#network(g, networks[name], { name, direction, read, light, k, step });
    g.globalAlpha = 1;
  }

  #network(
    g: CanvasRenderingContext2D,
    { guesses, units, reach }: Look,
    {
      direction,
      read,
      light,
      k,
      step,
    }: { name: Name; direction: 1 | -1; read: number; light: number; k: number; step: number },
  ): void {
    const { letters, next } = this.#looks;
    const count = letters.length;
    const middle = NETWORK + LETTER / 2;
    const y = (from: number) => middle + direction * (LETTER / 2 + from);
    const per = units.length / count;
    const across = step < NARROW.step ? NARROW.across : ACROSS;
    const down = Math.ceil(per / across);
    const cell = Math.min((step - 5) / across, (UNITS - 12) / down);
    const [boxWidth, boxHeight] = [cell * across, cell * down];
    const centre = y(LIGHT + UNITS / 2);
    for (let t = 0; t < count; t++) {
      const x = (t + 0.5) * step;
      g.globalAlpha = 1;
      g.strokeStyle = this.#colours.line;
      g.lineWidth = 1;
      g.strokeRect(x - boxWidth / 2 - 1, centre - boxHeight / 2 - 1, boxWidth + 2, boxHeight + 2);
      if (t >= read) continue;
      const fresh = Math.max(0, 1 - (read - t) / 3);
      // the state passes on
      if (t + 1 < count) {
        g.globalAlpha = 0.35 + 0.65 * fresh;
        g.strokeStyle = this.#colours.accent;
        g.lineWidth = 2;
        g.beginPath();
        g.moveTo(x + boxWidth / 2 + 1, centre);
        g.lineTo(x + step - boxWidth / 2 - 1, centre);
        g.stroke();
      }
      g.globalAlpha = 1;
      for (let i = 0; i < per; i++) {
        const at = 3 * (units[t * per + i]! + 128);
        const [red, green, blue] = this.#units.subarray(at, at + 3);
        g.fillStyle = `rgb(${red} ${green} ${blue})`;
        const [row, column] = [Math.floor(i / across), i % across];
        g.fillRect(
          x - boxWidth / 2 + column * cell,
          centre - boxHeight / 2 + row * cell,
          cell - 0.5,
          cell - 0.5,
        );
      }
      const guess = guesses[t]!;
      const isRight = guess.letter === next[t];
      g.globalAlpha = 0.35 + 0.65 * guess.share;
      g.fillStyle = isRight ? this.#colours.accent : this.#colours.soft;
      g.font = `${isRight ? 700 : 400} ${Math.min(17, step * 0.75)}px ui-monospace, "DejaVu Sans Mono", monospace`;
      g.fillText(guess.letter === ' ' ? '·' : guess.letter, x, y(LIGHT + UNITS + GUESS / 2));
    }
    this.#gradient(g, reach, y(LIGHT / 2), { read, light, k, step, count });
  }

  /** The light of the gradient, from letter k back. */
  #gradient(
    g: CanvasRenderingContext2D,
    reach: Float32Array,
    y: number,
    { read, light, k, step, count }: { read: number; light: number; k: number; step: number; count: number },
  ): void {
    if (read <= k) return;
    g.lineCap = 'round';
    g.strokeStyle = this.#colours.glow;
    for (let t = k; t >= Math.max(0, Math.ceil(light)); t--) {
      const bright = Math.max(0, 1 + Math.log10(reach[k * count + t]! || 1e-9) / DECADES);
      const isHead = light > 0 && t - light < 1;
      for (const [width, alpha] of [
        [12, 0.18],
        [4, 1],
      ] as const) {
        g.globalAlpha = Math.min(1, alpha * bright ** 1.5 * (isHead ? 1.4 : 1));
        g.lineWidth = Math.max(1, width * Math.min(1, bright + 0.15));
        g.beginPath();
        g.moveTo((t + 0.85) * step, y);
        g.lineTo((t + 0.15) * step, y);
        g.stroke();
      }
    }
  }
}
