/** The width of a text on one line at a font size, in the unit of that size. */
export type TextWidth = (text: string, size: number) => number;

/** Widths from a TrueType font's own tables (cmap format 4, hmtx): what a browser would measure. */
export function textWidth(font: Buffer): TextWidth {
  const table = tables(font);
  const unitsPerEm = font.readUInt16BE(table('head') + 18);
  const metrics = font.readUInt16BE(table('hhea') + 34);
  const glyphs = glyphsByCharacter(font, table('cmap'));
  const advance = (character: number): number => font.readUInt16BE(table('hmtx') + 4 * Math.min(glyphs.get(character) ?? 0, metrics - 1));
  return (text, size) => ([...text].reduce((sum, c) => sum + advance(c.codePointAt(0) as number), 0) * size) / unitsPerEm;
}

function tables(font: Buffer): (tag: string) => number {
  const entries = Array.from({ length: font.readUInt16BE(4) }, (_, i) => 12 + 16 * i);
  const offsets = new Map(entries.map((at) => [font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8)]));
  return (tag) => offsets.get(tag) as number;
}

/** The segments of a format 4 subtable: characters `start .. end` by an offset, or through a list of glyphs. */
function glyphsByCharacter(font: Buffer, cmap: number): ReadonlyMap<number, number> {
  const subtables = Array.from({ length: font.readUInt16BE(cmap + 2) }, (_, i) => cmap + font.readUInt32BE(cmap + 8 + 8 * i));
  const at = subtables.find((offset) => font.readUInt16BE(offset) === 4) as number;
  const bytes = font.readUInt16BE(at + 6); // twice the number of segments: the length of each column
  const [ends, starts, deltas, lists] = [at + 14, at + 16 + bytes, at + 16 + 2 * bytes, at + 16 + 3 * bytes];
  const glyphs = new Map<number, number>();
  for (let i = 0; i < bytes; i += 2) {
    const [start, end, list] = [font.readUInt16BE(starts + i), font.readUInt16BE(ends + i), font.readUInt16BE(lists + i)];
    for (let c = start; c <= end && c < 0xffff; c++) {
      const listed = list === 0 ? c : font.readUInt16BE(lists + i + list + 2 * (c - start));
      if (listed !== 0) glyphs.set(c, (listed + font.readInt16BE(deltas + i)) & 0xffff);
    }
  }
  return glyphs;
}
