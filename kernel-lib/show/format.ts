// Numbers as people read them; each carries its unit.

/** `132.7 MiB`: three digits and a bit, in the unit the published "MB" are in too. */
export function mebibytes(bytes: number): string {
  return `${fixed(bytes / 2 ** 20)} MiB`;
}

/** `97.31 %` */
export function percent(share: number, digits: number = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** `384 ms`, `12.4 s`, `2 min 05 s`, `5 h 20 min` or `9 days 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${fixed(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const hours = Math.floor(ms / 3_600_000);
  if (hours >= 48) return `${Math.floor(hours / 24)} days ${hours % 24} h`;
  if (hours >= 2) return `${hours} h ${String(Math.floor(ms / 60_000) % 60).padStart(2, '0')} min`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Three significant digits, all of them where there are more before the point. */
export function fixed(x: number): string {
  const size = Math.abs(x);
  if (size >= 100 || x === 0) return x.toFixed(0);
  return size >= 10 ? x.toFixed(1) : x.toFixed(2);
}
