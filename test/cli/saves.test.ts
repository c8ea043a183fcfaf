import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SaveFile } from '../../src/cli/train/saveFile.ts';
import { Saver } from '../../src/cli/train/saver.ts';
import type { Session } from '../../src/cli/train/session.ts';
import { writeWhole } from '../../src/cli/writeFile.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { some, thorough } from '../thorough.ts';
import { cli, folder, lastLine, oneLine, sentences, TINY, textFile } from './helper.ts';
import { program, until } from './program.ts';

const { start, startIn } = program();

function training(path: string) {
  return JSON.parse(parseSafetensors(readFileSync(path)).metadata.training!);
}

describe('train --save-every', () => {
  test('kill -9 leaves the last save, whole, from which the run continues bit for bit', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const child = start('train', book, ...TINY, '--steps', 1e9, '--save-every', 0.2, '--out', path('m'));
    await until(child, () => existsSync(path('m')));
    const first = training(path('m')).step;
    await until(child, () => training(path('m')).step > first);
    child.process.kill('SIGKILL');
    expect(await child.exit).toEqual([null, 'SIGKILL']);
    const { step } = training(path('m'));
    const args = ['--steps', step + 20, '--length', 0];
    expect((await cli('train', book, '--resume', path('m'), ...args)).code).toBe(0);
    await cli('train', book, ...TINY, ...args, '--out', path('whole'));
    expect(readFileSync(path('m')).equals(readFileSync(path('whole')))).toBe(true);
  });

  test.runIf(thorough)('a file that is killed while it is written is never torn', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const options = ['--steps', 1e9, '--save-every', 0.0001, '--hidden', 256, '--length', 0];
    for (const i of some([0, 1, 2, 3], 2, 1)) {
      const child = start('train', book, ...options, '--out', path('m'));
      await until(child, () => existsSync(path('m')));
      await setTimeout(37 * i);
      child.process.kill('SIGKILL');
      await child.exit;
      expect(training(path('m')).step).toBeGreaterThan(0);
    }
    // what the killed ones left over goes with the next save
    await cli('train', book, ...TINY, '--steps', 2, '--out', path('m'));
    expect(readdirSync(path('.')).sort()).toEqual(['m', 't']);
  });

  test('a save changes no bit of the run', async () => {
    const path = folder();
    const args = [textFile(path('t')), ...TINY, '--dropout', 0.3, '--steps', 30];
    await cli('train', ...args, '--out', path('once'));
    await cli('train', ...args, '--out', path('often'), '--save-every', 0.0001);
    expect(readFileSync(path('often')).equals(readFileSync(path('once')))).toBe(true);
  });
});

describe('training that diverges', () => {
  test('keeps the last state whose loss was finite, and says so', async () => {
    const path = folder();
    const options = ['--lr', 1e20, '--steps', 500, '--save-every', 0.0001, '--out', path('m')];
    const outcome = await cli('train', textFile(path('t')), ...TINY, ...options);
    expect(outcome.code).toBe(1);
    const { step } = training(path('m'));
    expect(lastLine(outcome)).toMatch(/^training diverged at step \d+/);
    expect(lastLine(outcome)).toContain(`; ${path('m')} holds ${step} step`);
    for (const { data } of parseSafetensors(readFileSync(path('m'))).tensors.values()) {
      expect(Array.from(data, Number).every(Number.isFinite)).toBe(true);
    }
    expect((await cli('generate', path('m'), '--length', 20)).code).toBe(0);
    expect(readdirSync(path('.')).sort()).toEqual(['m', 't']);
  });
});

describe('between saves', () => {
  /** A run whose parameters diverge when told to. */
  class Fake {
    step = 0;
    finite = true;
    isFinite = () => this.finite;
    save = () => Uint8Array.of(this.step);
    diverged = () => {
      throw new Error('diverged');
    };
  }

  function saverOf(file: string) {
    const session = new Fake();
    const options = {
      last: new SaveFile(file, () => {}),
      best: undefined,
      every: 1e6,
      steps: 9,
      warn: () => {},
    };
    return { session, saver: new Saver(session as unknown as Session, options) };
  }

  test('a copy in memory is what a run that diverges is left with', () => {
    const path = folder();
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const { session, saver } = saverOf(path('m'));
    session.step = 1;
    now += 1100;
    saver.tick();
    session.step = 2;
    saver.tick();
    expect(existsSync(path('m'))).toBe(false);
    session.finite = false;
    expect(() => saver.finish()).toThrow('diverged');
    expect(saver.rescue()).toBe(`${path('m')} holds 1 step`);
    expect([...readFileSync(path('m'))]).toEqual([1]);
  });

  test('a failure that leaves the parameters finite loses no step', () => {
    const path = folder();
    const { session, saver } = saverOf(path('m'));
    session.step = 5;
    expect(saver.rescue()).toBe(`${path('m')} holds 5 steps`);
  });
});

describe('a disk that is full', () => {
  test('from the start is told before training; the file that was there stays', async () => {
    const path = folder();
    writeFileSync(path('m'), 'what was there');
    const options = [...TINY, '--hidden', 200, '--steps', 1e9, '--out', path('m')];
    const child = startIn('ulimit -f 64; exec "$@"', 'train', textFile(path('t')), ...options);
    expect(await child.exit).toEqual([1, null]);
    expect(child.err()).toMatch(/^unrolled: can't write .*: the file would be larger than allowed\n$/);
    expect(readFileSync(path('m'), 'utf8')).toBe('what was there');
    expect(readdirSync(path('.')).sort()).toEqual(['m', 't']);
  });

  test.runIf(thorough)('while training is told once; the last good save stays, nothing is torn', async () => {
    const path = folder();
    const book = textFile(path('t'));
    await cli('train', book, ...TINY, '--steps', 1, '--out', path('m'));
    // a run's file grows with its losses, so that a later save does not fit
    const blocks = Math.ceil(readFileSync(path('m')).length / 512) + 3;
    rmSync(path('m'));
    const options = [...TINY, '--steps', 3000, '--save-every', 0.001, '--out', path('m')];
    const child = startIn(`ulimit -f ${blocks}; exec "$@"`, 'train', book, ...options);
    expect(await child.exit).toEqual([1, null]);
    const failure = `can't write ${path('m')}: the file would be larger than allowed`;
    const told = child
      .err()
      .split('\n')
      .filter((line) => line.includes(failure));
    expect(told).toHaveLength(2);
    const { step } = training(path('m'));
    expect(told[0]).toMatch(new RegExp(`training goes on, ${path('m')} holds ${step} steps$`));
    expect(told[1]).toBe(`unrolled: ${failure}; ${path('m')} holds ${step} steps`);
    expect(readdirSync(path('.')).sort()).toEqual(['m', 't']);
  });
});

describe('files that other processes leave or write', () => {
  /** A number that no process has any more. */
  const ended = () => spawnSync('true').pid;

  test('leftovers of ended processes, of this number and of long ago are removed, others stay', () => {
    const path = folder();
    const old = new Date(Date.now() - 3_600_000);
    const stale = [`.m.${process.pid}.tmp`, `.m.${process.pid}.0123456789ab.tmp`, `.m.${ended()}.tmp`];
    const ancient = `.m.${process.ppid}.aaaaaaaaaaaa.tmp`;
    const others = [`.m.${process.ppid}.bbbbbbbbbbbb.tmp`, `.n.${ended()}.tmp`, '.m.x.tmp', '.m.1.tmp.txt'];
    for (const name of [...stale, ancient, ...others]) writeFileSync(path(name), 'part');
    utimesSync(path(ancient), old, old);
    writeWhole(path('m'), Uint8Array.of(1, 2, 3));
    expect(readdirSync(path('.')).sort()).toEqual([...others, 'm'].sort());
  });

  test('a leftover of this process number does not stop a run', async () => {
    const path = folder();
    writeFileSync(path(`.m.${process.pid}.tmp`), 'part');
    const args = [textFile(path('t')), ...TINY, '--steps', 2, '--out', path('m')];
    expect((await cli('train', ...args)).code).toBe(0);
    expect(readdirSync(path('.')).sort()).toEqual(['m', 't']);
  });

  test('names of up to 255 bytes', () => {
    const path = folder();
    for (const name of ['m'.repeat(255), 'ä'.repeat(127)]) {
      writeWhole(path(name), Uint8Array.of(1));
      expect(readFileSync(path(name)).length).toBe(1);
    }
  });

  test.runIf(thorough)(
    'two runs that save to one file: the second to save goes on besides it and says so',
    async () => {
      const path = folder();
      const book = textFile(path('t'));
      const options = [...TINY, '--steps', 1e9, '--save-every', 0.1, '--out', path('m.safetensors')];
      const child = start('train', book, ...options);
      await until(child, () => existsSync(path('m.safetensors')));
      await until(child, () => {
        // again, should a save have been under way
        if (!existsSync(path('m-2.safetensors')))
          writeWhole(path('m.safetensors'), new TextEncoder().encode('of another run'));
        return existsSync(path('m-2.safetensors'));
      });
      child.process.kill('SIGTERM');
      expect(await child.exit).toEqual([130, null]);
      expect(child.err()).toContain('m.safetensors was written by another process');
      expect(child.out()).toContain(`Saved ${path('m-2.safetensors')}`);
      expect(readFileSync(path('m.safetensors'), 'utf8')).toBe('of another run');
      expect(readdirSync(path('.')).sort()).toEqual(['m-2.safetensors', 'm.safetensors', 't']);
    },
  );

  test.runIf(thorough)(
    'a folder that goes away while training is told; the run goes on, and saves when it is there again',
    async () => {
      const path = folder();
      mkdirSync(path('d'));
      const options = [...TINY, '--steps', 1e9, '--save-every', 0.05, '--out', path('d/m')];
      const child = start('train', textFile(path('t')), ...options);
      await until(child, () => existsSync(path('d/m')));
      await until(child, () => {
        rmSync(path('d'), { recursive: true, force: true });
        return child.err().includes('no directory');
      });
      mkdirSync(path('d'));
      await until(child, () => existsSync(path('d/m')));
      child.process.kill('SIGTERM');
      expect(await child.exit).toEqual([130, null]);
      expect(child.out()).toContain(`Saved ${path('d/m')}`);
    },
  );
});

describe('train --val', () => {
  test('keeps the model of the lowest validation loss besides the last one', async () => {
    const path = folder();
    // learned by heart: the loss on another text rises again
    const book = textFile(path('t'), sentences(200));
    const val = textFile(path('v'), sentences(2000, 9));
    const options = ['--hidden', 64, '--lr', 0.03, '--steps', 500, '--out', path('m.safetensors')];
    const { code, out, err } = await cli('train', book, ...TINY, ...options, '--val', val);
    expect(code).toBe(0);
    expect(err).toMatch(/ \| validation \d\.\d{3} \| /);
    const [, loss, step] = /^Lowest validation loss (\S+), after (\d+) steps: .*m\.best\.safetensors$/m.exec(
      out,
    )!;
    const best = training(path('m.best.safetensors'));
    const last = training(path('m.safetensors'));
    expect(best.step).toBe(Number(step));
    expect(best.best.loss.toFixed(3)).toBe(loss);
    expect(last.best).toEqual(best.best);
    expect(last.step).toBe(500);
    expect(best.step).toBeLessThan(500);
    expect((await cli('generate', path('m.best.safetensors'), '--length', 9)).code).toBe(0);
    expect((await cli('inspect', path('m.safetensors'))).out).toMatch(
      /^ {2}best +\d\.\d{3} on the validation/m,
    );

    const before = readFileSync(path('m.best.safetensors'));
    const again = ['--resume', path('m.safetensors'), '--length', 0, '--val', val];
    expect((await cli('train', book, ...again, '--steps', 600)).code).toBe(0);
    expect(training(path('m.safetensors')).best).toEqual(best.best);
    expect(readFileSync(path('m.best.safetensors')).equals(before)).toBe(true);
    // losses on another text can not be compared
    const other = textFile(path('v2'), sentences(2000, 4));
    await cli('train', book, ...again.slice(0, -1), other, '--steps', 700);
    expect(training(path('m.best.safetensors')).step).toBe(700);
  });

  test.runIf(thorough)('a killed run has its best model, too', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const options = [...TINY, '--val', book, '--steps', 1e9, '--save-every', 0.1, '--out', path('m')];
    const child = start('train', book, ...options);
    await until(child, () => existsSync(path('m.best')));
    child.process.kill('SIGKILL');
    await child.exit;
    expect(training(path('m.best')).best.step).toBe(training(path('m.best')).step);
  });

  test('refuses before training what can not be validated on, or written', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const args = ['train', book, ...TINY, '--steps', 1e9, '--out', path('m'), '--val'];
    const refused = async (val: string) => {
      const outcome = await cli(...args, val);
      expect([outcome.code, outcome.out]).toEqual([1, '']);
      return oneLine(outcome);
    };
    expect(await refused(path('missing'))).toContain('no such file');
    expect(await refused(textFile(path('v'), 'short'))).toContain('validation text has 5 characters');
    expect(await refused(textFile(path('v'), '€'.repeat(99)))).toContain('"€" (U+20AC)');
    mkdirSync(path('m.best'));
    expect(await refused(book)).toContain('is a directory');
  });
});

test('a signal before the first step saves nothing over a file that is there', async () => {
  const path = folder();
  const book = textFile(path('t'));
  writeFileSync(path('m'), 'what was there');
  const child = start('train', book, ...TINY, '--out', path('m'), '--steps', 1e9, '--val', book);
  await until(child, () => child.err().includes('0/1000000000'));
  child.process.kill('SIGINT');
  expect(await child.exit).toEqual([130, null]);
  const kept = readFileSync(path('m'), 'utf8') === 'what was there';
  expect(kept ? child.out().includes('nothing to save') : training(path('m')).step > 0).toBe(true);
});

test('the permissions of a file stay', () => {
  const path = folder();
  writeFileSync(path('m'), '', { mode: 0o640 });
  writeWhole(path('m'), Uint8Array.of(1));
  expect(statSync(path('m')).mode & 0o777).toBe(0o640);
});
