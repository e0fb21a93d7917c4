#!/usr/bin/env node
import { MesaError } from '../errors';
import { notebookCommand, usage as notebookUsage } from './notebook/command';

// The command line: each command parses its own arguments and gives the exit code.
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { notebook: notebookCommand };
const USAGE = `usage:\n${notebookUsage}\n`;

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command(args);
  const isHelp = ['help', '--help', '-h'].includes(name);
  (isHelp ? process.stdout : process.stderr).write(isHelp || name === '' ? USAGE : `mesa-lab has no command ${name}\n${USAGE}`);
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
