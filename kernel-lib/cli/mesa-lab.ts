#!/usr/bin/env node
import { MesaError } from '../errors';
import type { Command } from './command';
import { dataCommand } from './data';
import { evalCommand } from './eval';
import { notebookCommand, usage as notebookUsage } from './notebook/command';
import { trainCommand } from './train';
import { weightsCommand } from './weights';

const COMMANDS: Readonly<Record<string, Command>> = {
  train: trainCommand,
  eval: evalCommand,
  data: dataCommand,
  weights: weightsCommand,
  notebook: { summary: 'run a notebook without Jupyter', usage: notebookUsage, run: notebookCommand },
};

const USAGE = `usage: mesa-lab COMMAND ...

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}

mesa-lab COMMAND --help says more.
`;

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command && !args.some((arg) => arg === '--help' || arg === '-h')) return command.run(args);
  const isHelp = command !== undefined || ['help', '--help', '-h'].includes(name);
  const usage = command ? `usage:\n\n${command.usage}\n` : USAGE;
  (isHelp ? process.stdout : process.stderr).write(isHelp || name === '' ? usage : `mesa-lab has no command ${name}\n${usage}`);
  return isHelp ? 0 : 2;
}

/** Mistakes in the use of the command have a sentence, not a stack. */
function explain(thrown: unknown): number {
  const isMistake = thrown instanceof MesaError || (thrown as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${isMistake ? (thrown as Error).message : (thrown as Error).stack}\n`);
  return thrown instanceof MesaError && thrown.code !== 'usage' ? 1 : 2;
}

main(process.argv.slice(2))
  .catch(explain)
  .then((code) => {
    process.exitCode = code;
  });
