import { createRequire } from 'node:module';

// Where the packages of pictures keep their files; looked up when a picture is drawn, so that nothing else needs them.

const resolve = (file: string) => (): string => createRequire(__filename).resolve(file);

export const PLOTLY: () => string = resolve('plotly.js-cartesian-dist-min');
export const DEJAVU_SANS: () => string = resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
export const DEJAVU_SANS_BOLD: () => string = resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');
export const DEJAVU_SANS_MONO: () => string = resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf');
