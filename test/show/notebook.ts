import type { Bundle, Screen } from '../../kernel-lib/show/screens/screen';

export interface Sent {
  readonly what: 'show' | 'update';
  readonly bundle: Bundle;
  readonly id: string;
}

/** A notebook that keeps what is shown in it. */
export function notebook(): Screen & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const send = (what: Sent['what']) => (bundle: Bundle, id: string) => void sent.push({ what, bundle, id });
  return { kind: 'notebook', show: send('show'), update: send('update'), sent };
}
