import type { Screen } from './screen';

interface DenoGlobal {
  readonly jupyter?: { broadcast(type: string, content: object): Promise<void> };
}

/** The notebook of Deno's own kernel, if this runs in one. */
export function denoScreen(): Screen | undefined {
  const { jupyter } = (globalThis as { Deno?: DenoGlobal }).Deno ?? {};
  if (!jupyter) return undefined;
  const send = (type: string) => (data: object, id: string) =>
    void jupyter.broadcast(type, { data, metadata: {}, transient: { display_id: id } });
  return { kind: 'notebook', show: send('display_data'), update: send('update_display_data') };
}
