import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { display } from '../display';
import { html } from '../html';
import type { Bundle, Screen } from '../screens/screen';
import { PLOTLY } from '../static/files';
import { loaderScript } from './scripts';

/** Whether this process, which is one notebook, has shown the loader. */
let isShown = false;

/** Brings plotly into the notebook (0.67 MB) before its first figure; nothing is fetched from anywhere. */
export function showLoaderOnce(screen: Screen): void {
  if (isShown) return;
  isShown = true;
  display(loaderBundle(), screen);
}

export function loaderBundle(): Bundle {
  const packed = gzipSync(readFileSync(PLOTLY()), { level: 9 }).toString('base64');
  const note = 'figures: pictures, as this notebook is not trusted';
  return { 'text/html': html`<small>${note}</small>${loaderScript(packed)}`.text, 'text/plain': 'figures: pictures' };
}
