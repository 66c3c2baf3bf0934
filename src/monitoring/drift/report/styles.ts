// The page's style: one column of quiet type, figures that align, light and dark, a phone, paper. Colours are variables; each state has its own
// beside its shape and word. Text has a contrast of at least 4.5 to 1.
import { chartStyles } from './chart-styles.ts'
import { tableStyles } from './table-styles.ts'

const colours = `
:root{color-scheme:light;--paper:#fdfcfa;--raised:#f6f4f0;--ink:#1b1f23;--soft:#565d64;--line:#e2dfd9;--axis:#a9a69f;
--accent:#1d5c86;--pale:#cbd5dc;--pale-edge:#93a3ae;
--critical:#a51c24;--warning:#8a5200;--significant_small:#5a4a9c;--ok:#2c6a41;--insufficient_data:#565d64;--learning:#1d5c86;--no_baseline:#565d64}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--paper:#15181b;--raised:#1d2125;--ink:#e7e5e0;--soft:#a3a9af;--line:#2d3237;--axis:#5d646b;
--accent:#7cbbe4;--pale:#37434c;--pale-edge:#66757f;
--critical:#ff8a85;--warning:#f0b35c;--significant_small:#b9aaf5;--ok:#83c79a;--insufficient_data:#a3a9af;--learning:#7cbbe4;--no_baseline:#a3a9af}}
${['critical', 'warning', 'significant_small', 'ok', 'insufficient_data', 'learning', 'no_baseline']
  .map(state => `.state.${state}{color:var(--${state})}`)
  .join('')}`

const text = `
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font-variant-numeric:tabular-nums lining-nums;overflow-wrap:break-word}
main,footer{max-width:70rem;margin:0 auto;padding:0 clamp(1rem,4vw,2.5rem)}
main{padding-top:clamp(1.5rem,5vw,3.5rem)}
h1,h2,h3,h4,p,dl,dd,figure{margin:0}
h1,h2,h3,h4{font-weight:600;line-height:1.2;text-wrap:balance}
h1{font-size:clamp(1.75rem,1.2rem + 2.6vw,2.75rem);letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:1.375rem;letter-spacing:-.01em}
h3{font-size:1.0625rem;overflow-wrap:anywhere}
h4{font-size:.875rem}
small,.small{font-size:.8125rem;color:var(--soft)}
small{display:block;font-weight:400;line-height:1.35}
a{color:inherit;text-decoration-color:var(--axis);text-underline-offset:.2em}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
bdi,.explanation,.of-text,.facts dd,figcaption{overflow-wrap:anywhere}
.note,figcaption{font-size:.8125rem;color:var(--soft);max-width:60ch}
.eyebrow{font-size:.8125rem;color:var(--soft);margin-bottom:.375rem}
.version{color:var(--soft);font-weight:400;white-space:nowrap}
.state{display:inline-flex;align-items:baseline;gap:.45em;font-weight:600}
.mark{width:.72em;height:.72em;flex:none;fill:currentColor;overflow:visible}
.mark .line{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.verdict{margin-top:1.25rem;font-size:clamp(1.0625rem,1rem + .5vw,1.25rem);line-height:1.4}
.verdict .state{margin-right:.5em}
.tally{margin-top:.75rem;font-size:.875rem;color:var(--soft);max-width:75ch}
footer{padding-top:1rem;padding-bottom:3rem;font-size:.8125rem;color:var(--soft)}`

const blocks = `
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:1.25rem 2.5rem;margin-top:2rem;padding:1.25rem 0;border-block:1px solid var(--line)}
.facts dt{font-size:.8125rem;color:var(--soft)}
.facts dd:not(.small){font-size:1.25rem;font-weight:600;line-height:1.35;overflow-wrap:anywhere}
.facts .small{margin-top:.25rem}
.kinds{display:flex;flex-wrap:wrap;gap:0 1rem}
.kinds span{white-space:nowrap}
section{margin-top:3rem}
section>h2{margin-bottom:.75rem}
.none{margin-top:2rem}
summary{cursor:pointer;list-style:none;position:relative;padding-left:1.25rem}
summary::-webkit-details-marker{display:none}
summary::before{content:"";position:absolute;left:.2rem;top:50%;width:.4rem;height:.4rem;border:solid var(--soft);border-width:0 1.5px 1.5px 0;transform:translateY(-50%) rotate(-45deg)}
details[open]>summary::before{transform:translateY(-70%) rotate(45deg)}
.group{margin-top:1rem}
.group>summary{padding-block:.5rem}
.group .count{color:var(--soft);margin-left:.25rem}
.monitor{border-top:1px solid var(--line)}
.monitor>summary{display:flex;flex-wrap:wrap;align-items:baseline;gap:.125rem .75rem;padding-block:.75rem}
.monitor>summary::before{top:1.5rem}
.monitor>summary .about{flex:1;font-size:.8125rem;color:var(--soft);white-space:nowrap}
@media screen and (max-width:40rem){.monitor>summary h3{flex:1}.monitor>summary .about{order:1;flex:1 0 100%}}
.monitor>summary:hover h3{text-decoration:underline;text-decoration-color:var(--axis);text-underline-offset:.2em}
.body{padding-bottom:2.5rem;scroll-margin-top:4rem}
.explanation{max-width:65ch}
.pair{display:grid;gap:2rem 3rem;margin-top:1.25rem}
.pair>div{display:grid;gap:1.75rem;align-content:start;min-width:0}
.pair>div>*{min-width:0}
.glossary{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem}
.glossary h2{display:inline;font-size:1rem}
.glossary dl{display:grid;gap:.5rem 3rem;margin-top:.75rem;font-size:.875rem}
.glossary dl>div{display:grid;grid-template-columns:7.5rem 1fr}
.glossary dt{font-weight:600}
.glossary dd{color:var(--soft)}
@media (min-width:56rem){.pair,.glossary dl{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}`

const print = `
@media print{
@page{margin:14mm}
html{font-size:11px}
:root{--paper:#fff}
main,footer{max-width:none;padding-inline:0}
main{padding-top:0}
details::details-content{content-visibility:visible;block-size:auto;overflow:visible}
summary::before{display:none}
summary{padding-left:0;break-after:avoid}
h2{break-after:avoid}
figure,tr,.facts>div,.scroll,.monitor{break-inside:avoid}
.explanation{break-after:avoid}
.body{padding-bottom:1rem}
.pair,.glossary dl{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
rect,line,.mark{print-color-adjust:exact;-webkit-print-color-adjust:exact}
a{text-decoration:none}
}`

export const styles = `${colours}${text}${blocks}${tableStyles}${chartStyles}${print}`
