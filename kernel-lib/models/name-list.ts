/** Names in few words, all of them: those that differ in numbers only are told once. `'blocks.*.attn.qkv.bias' (12), 'head.bias'` */
export function nameList(names: readonly string[]): string {
  const patterns = new Map<string, string[]>();
  for (const name of names) {
    const pattern = name.replace(/(?<=^|\.)\d+(?=\.|$)/g, '*');
    patterns.set(pattern, [...(patterns.get(pattern) ?? []), name]);
  }
  return [...patterns].map(([pattern, alike]) => (alike.length === 1 ? `'${alike[0]}'` : `'${pattern}' (${alike.length})`)).join(', ');
}
