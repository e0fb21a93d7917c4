import { Html, html } from './html';

const STYLE = `
:root { color: #222; background: #fff; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 1080px; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.9rem; font-weight: 600; margin: 0 0 .5rem } h2 { font-size: 1.3rem; font-weight: 600; margin: 2.5rem 0 .5rem }
h3 { font-size: 1rem; font-weight: 600; margin: 1.2rem 0 .3rem } p { max-width: 46rem; margin: .4rem 0 }
.quiet { color: #666; font-size: .9rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; margin: .8rem 0 }
th, td { padding: .35rem .8rem; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap }
th { font-weight: 600; color: #555; white-space: normal; vertical-align: bottom } th:first-child, td:first-child { text-align: left; padding-left: 0 }
figure { margin: 0; flex: 1 1 300px } svg { display: block; width: 100%; max-width: 760px; height: auto }
figcaption, .legend { display: flex; gap: 1.2rem; flex-wrap: wrap; font-size: .9rem; color: #444; margin: .2rem 0 }
figcaption span, .legend span { display: flex; align-items: center; gap: .4rem } .key { width: 28px; height: 10px } .legend i { width: 12px; height: 12px }
.row { display: flex; flex-wrap: wrap; gap: 1rem }
.grid line { stroke: #ececec } .base { stroke: #999 } .line { fill: none; stroke-width: 1.8 }
svg text { font: 11px system-ui, sans-serif; fill: #666 } svg .title { fill: #444 }
.bars { display: grid; grid-template-columns: max-content minmax(8rem, 28rem) max-content; gap: .35rem .8rem; align-items: center; font-size: .92rem }
.bars div { background: #f3f3f3; height: 12px } .bars i { display: block; height: 100%; background: #0072b2 }
.bars .ends { background: none; height: auto; display: flex; justify-content: space-between; color: #666 }
`;

/** A page that needs nothing beside itself and loads nothing. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${title}</title>
<style>${new Html(STYLE)}</style></head>
<body>${body}</body></html>
`.text;
}
