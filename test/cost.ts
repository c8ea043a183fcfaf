import type { Reporter, TestModule } from 'vitest/node';

declare module 'vitest' {
  interface TaskMeta {
    /** Seconds of CPU of the process during the tests of a file; not measured in browsers. */
    cpu?: number;
  }
}

/** More seconds of CPU than a file of `npm test` may take, except in a slow suite. */
const MOST_S = 4;

/** Lists the files whose tests take most CPU: their cases belong into a slow suite. Processes they start are not counted. */
export default class Cost implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .map((module) => ({ file: module.relativeModuleId, cpu: module.meta().cpu ?? 0 }))
      .filter(({ file, cpu }) => cpu > MOST_S && !file.includes('.slow.'))
      .sort((a, b) => b.cpu - a.cpu);
    if (!rows.length) return;
    console.log(`\nOver ${MOST_S} s of CPU (CONTRIBUTING.md, “Slow suites”):`);
    for (const { file, cpu } of rows) console.log(`${cpu.toFixed(1).padStart(6)} s  ${file}`);
  }
}
