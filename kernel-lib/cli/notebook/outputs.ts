import type { Bundle } from '../../show/screens/screen';
import type { Failure } from './cell-process';
import { type Text, textOf } from './text';

/** What a cell gave out, as notebooks store it. */
export type Output =
  | { readonly output_type: 'stream'; readonly name: string; readonly text: Text }
  | { readonly output_type: 'display_data'; readonly data: Bundle; readonly metadata: object }
  | { readonly output_type: 'execute_result'; readonly data: Bundle; readonly metadata: object; readonly execution_count: number }
  | ({ readonly output_type: 'error' } & Failure);

/** A display as a kernel sends it. */
export interface DisplayMessage {
  readonly data: Bundle;
  readonly metadata?: object;
  readonly transient?: { readonly display_id?: string };
}

/** Collects the outputs of a run: prints that follow each other are one, an update replaces what it names in whichever cell that is. */
export class Outputs {
  private readonly shown = new Map<string, { readonly outputs: Output[]; readonly at: number }[]>();
  private outputs: Output[] = [];
  private count = 0;

  /** `onPrint` is told of prints as they come. */
  constructor(private readonly onPrint: (text: string) => void = () => {}) {}

  /** From now on things belong to the next cell; returns where they go. */
  begin(): Output[] {
    this.count++;
    this.outputs = [];
    return this.outputs;
  }

  stream(name: string, text: string): void {
    this.onPrint(text);
    const last = this.outputs.at(-1);
    const goesOn = last?.output_type === 'stream' && last.name === name;
    if (goesOn) this.outputs.pop();
    const before = goesOn ? textOf(last.text) : '';
    this.outputs.push({ output_type: 'stream', name, text: before + text });
  }

  display({ data, metadata = {}, transient }: DisplayMessage, isUpdate: boolean): void {
    const id = transient?.display_id;
    const output: Output = { output_type: 'display_data', data, metadata };
    const places = id === undefined ? [] : (this.shown.get(id) ?? []);
    if (isUpdate) for (const { outputs, at } of places) outputs[at] = output;
    else if (id !== undefined) this.shown.set(id, [...places, { outputs: this.outputs, at: this.outputs.length }]);
    if (!isUpdate) this.outputs.push(output);
  }

  result(data: Bundle): void {
    this.outputs.push({ output_type: 'execute_result', data, metadata: {}, execution_count: this.count });
  }

  fail(failure: Failure): void {
    this.outputs.push({ output_type: 'error', ...failure });
  }
}

/** Texts in lines, as Jupyter stores them: a change of one line is a change of one line. */
export function inLines(output: Output): Output {
  if (output.output_type === 'stream') return { ...output, text: lines(asOnTerminal(textOf(output.text))) };
  if (output.output_type === 'error') return output;
  const data = Object.entries(output.data).map(([mime, form]) => [mime, isText(mime) && typeof form === 'string' ? lines(form) : form]);
  return { ...output, data: Object.fromEntries(data) };
}

function isText(mime: string): boolean {
  return mime.startsWith('text/') || mime === 'image/svg+xml' || mime === 'application/javascript';
}

function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** What is left on a terminal of a line that was written over. */
function asOnTerminal(text: string): string {
  return text.replace(/[^\n\r]*\r(?=[^\n\r])/g, '');
}
