/** µs in the unit that suits. */
export function time(us) {
  if (us < 1000) return `${digits(us)} µs`;
  return us < 1e6 ? `${digits(us / 1000)} ms` : `${digits(us / 1e6)} s`;
}

/** Three digits, never as a power of ten. */
export function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The lines of a case: a row an engine. */
export function caseLines(c, { rows, peak, reference }) {
  const ours = rows.find(({ engine }) => engine === reference)?.us;
  const clock = c.bytes ? `, clock ${peak.ghz.toFixed(2)} GHz` : '';
  const width = Math.max(16, ...rows.map(({ engine }) => engine.length));
  const lines = rows.map((row) => {
    const rate = c.bytes
      ? `${row.gbps.toFixed(1).padStart(6)} GB/s   ${row.cycles.toFixed(2).padStart(6)} cycles`
      : `${row.gflops.toFixed(1).padStart(6)} GFLOP/s ${row.percent.toFixed(0).padStart(4)} %`;
    const quartiles = `${time(row.p25)} … ${time(row.p75)}`;
    const ratio = ours ? `${digits(row.us / ours).padStart(6)} x` : '';
    return `  ${row.engine.padEnd(width)} ${time(row.us).padStart(8)}  ${quartiles.padEnd(20)} ${rate} ${ratio}`;
  });
  return [`${c.name}   (probe ${peak.gflops.toFixed(1)} GFLOP/s${clock})`, ...lines];
}

/** What was not timed: a line an engine and reason. */
export function leftLines(left) {
  const groups = new Map();
  for (const { case: name, engine, why } of left) {
    const key = `${engine}: ${why}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups].map(([key, names]) => `  ${key}: ${names.join(', ')}`);
}
