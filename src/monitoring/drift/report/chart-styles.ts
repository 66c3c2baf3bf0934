// The style of the charts. Reference and window differ in width and edge, thresholds in their dashes: colour only helps.

export const chartStyles = `
figure h4{margin-bottom:.25rem}
.legend{font-size:.8125rem;color:var(--soft);display:flex;flex-wrap:wrap;gap:0 1.25rem}
.swatch{display:inline-block;vertical-align:-.1em;margin-right:.3em}
.frame{container-type:inline-size;padding:1rem 0 1.75rem 3rem}
.rows .frame{padding:.5rem 0}
figcaption{margin-top:.25rem}
.plot{font-size:.6875rem}
.plot{display:block;overflow:visible}
.plot text{fill:var(--soft);font-variant-numeric:tabular-nums}
.plot .stretched{overflow:visible}
.reference{fill:var(--pale);stroke:var(--pale-edge);stroke-width:1}
.current{fill:var(--accent)}
.bin{pointer-events:bounding-box}
.bin:hover .reference{stroke:var(--ink)}
.grid{stroke:var(--line)}
.axis{stroke:var(--axis)}
.plot .y{text-anchor:end;dominant-baseline:central}
.plot .x{text-anchor:middle}
.plot .x.start{text-anchor:start}
.plot .x.end{text-anchor:end}
.plot .fine{display:none}
@container (min-width:27rem){.plot .fine{display:inline}}
.plot .name{font-size:.75rem;line-height:28px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.plot .share{dominant-baseline:central;text-anchor:end;font-size:.75rem}
.psi{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.last,.lonely{fill:var(--accent)}
.last{stroke:var(--paper);stroke-width:1.5}
.threshold{fill:none}
line.threshold{stroke-width:1.25}
line.warning{stroke:var(--warning);stroke-dasharray:2 4}
line.critical{stroke:var(--critical);stroke-dasharray:7 4}
.plot text.threshold{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.plot text.warning{fill:var(--warning)}
.plot text.critical{fill:var(--critical)}
.meter{flex:none;width:4.5rem}
.meter .track{fill:var(--line)}
.meter .value{fill:var(--accent)}
.meter line{stroke:var(--soft)}
`
