import { createRequire } from 'node:module';
import { encodePng } from './encode-png';
import { DEJAVU_SANS, DEJAVU_SANS_BOLD, DEJAVU_SANS_MONO } from './files';

interface ResvgModule {
  readonly Resvg: new (
    svg: string,
    options: object,
  ) => { render(): { readonly width: number; readonly height: number; readonly pixels: Buffer } };
}

/** An SVG document as a PNG on white, with our own fonts: the same picture on every machine. */
export function rasterise(svg: string, scale: number): Buffer {
  const { Resvg } = createRequire(__filename)('@resvg/resvg-js') as ResvgModule;
  const font = {
    fontFiles: [DEJAVU_SANS(), DEJAVU_SANS_BOLD(), DEJAVU_SANS_MONO()],
    loadSystemFonts: false,
    defaultFontFamily: 'DejaVu Sans',
    sansSerifFamily: 'DejaVu Sans',
    monospaceFamily: 'DejaVu Sans Mono',
  };
  const { width, height, pixels } = new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, background: 'white', font }).render();
  return encodePng({ width, height, rgba: pixels });
}
