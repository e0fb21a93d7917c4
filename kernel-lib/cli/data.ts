import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CheckReport, check } from '../data/fetch/check';
import { get } from '../data/fetch/get';
import { mebibytes } from '../show/format';
import { progress } from '../show/progress';
import type { Command } from './command';
import { count, misused, say } from './text';

const SUMMARY = 'fetch a data set, or look whether a folder holds one';
const USAGE = `mesa-lab data get NAME [--data DIR]
mesa-lab data check NAME [--data DIR] [--json]
  NAME is ade20k, camvid, cifar100, imagenet, imagenette or mnist. get fetches it, or says how to; check looks whether the folder holds
  it, and at every image whether it can be used.

  --data DIR       the folder; datasets/NAME unless told
  --json           the report as JSON on standard output`;

const MOST_TOLD = 20; // files that cannot be used

/** `mesa-lab data ...`; gives the exit code: 1 when something is missing or bad. */
export const dataCommand: Command = { summary: SUMMARY, usage: USAGE, run };

async function run(args: readonly string[]): Promise<number> {
  const options = { data: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [verb, name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw misused(`cannot make sense of data ${positionals.join(' ')}`, USAGE);
  const { data: folder = join('datasets', name), json } = values;
  if (verb === 'get') return fetched(name, folder);
  if (verb !== 'check') throw misused(`data has no ${verb}`, USAGE);
  const report = await checked(name, folder);
  say(json ? JSON.stringify(report) : told(report));
  return report.complete ? 0 : 1;
}

async function fetched(name: string, to: string): Promise<number> {
  const bar = progress(`fetching ${name}`, 100);
  const onProgress = (done: number, total: number) => bar.update(total > 0 ? (100 * done) / total : 0, mebibytes(done));
  const folder = await get(name, { to, onProgress });
  bar.end('is there');
  say(folder);
  return 0;
}

async function checked(name: string, folder: string): Promise<CheckReport> {
  const bar = progress(`looking at ${folder}`, 1000);
  const onProgress = (done: number, total: number) =>
    bar.update(Math.round((1000 * done) / total), `${count(done)} of ${count(total)} images`);
  const report = await check(name, folder, { onProgress });
  bar.end('seen');
  return report;
}

function told({ name, folder, parts, missing, bad, complete }: CheckReport): string {
  const counts = parts.map((p) => `${p.name}: ${count(p.count)}${p.expected === undefined ? '' : ` of ${count(p.expected)}`}`);
  const left = bad.length > MOST_TOLD ? [`... and ${count(bad.length - MOST_TOLD)} more (--json names all)`] : [];
  return [
    `${name} in ${folder}: ${complete ? 'complete' : 'not complete'}`,
    ...counts.map((line) => `  ${line}`),
    ...missing.map((what) => `  missing: ${what}`),
    ...bad.slice(0, MOST_TOLD).map(({ path, says }) => `  bad: ${path} ${says}`),
    ...left,
  ].join('\n');
}
