// The style of the tables: the summary, whose rows become blocks on a phone, and the scores, whose columns are windows.

const summary = `
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:600}
thead th{font-size:.8125rem;font-weight:400;color:var(--soft);vertical-align:bottom}
.summary{table-layout:fixed}
.summary td,.summary th{padding:.625rem 1rem .625rem 0;vertical-align:top;border-top:1px solid var(--line);line-height:1.4}
.summary thead th{border-top:0;padding-block:.25rem}
.summary thead th:nth-child(1){width:20%}
.summary thead th:nth-child(2){width:15%}
.summary thead th:nth-child(3){width:7%}
.summary thead th:nth-child(4){width:15%}
.summary thead th:nth-child(5){width:11%}
.summary .of-text{padding-right:0;font-size:.9375rem}
.figure{display:inline-flex;align-items:center;gap:.625rem}
@media screen and (max-width:55.99rem){
.summary thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.summary,.summary tbody{display:block}
.summary tr{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:.875rem 0;border-top:1px solid var(--line)}
.summary tr td,.summary tr th{flex:1 0 100%;padding:0;border:0}
.summary tr th{flex:1 1 0;min-width:0}
.summary tr .of-state{flex:none}
.summary .of-text{order:1}
.summary .of-psi{order:2}
.summary tr .of-rows{order:3;flex:1 1 auto}
.summary tr .of-window{order:4;flex:none}
.summary td[data-label]{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .5rem;font-size:.875rem}
.summary td[data-label]::before{content:attr(data-label);color:var(--soft);font-size:.8125rem}
}`

const scores = `
.scroll{overflow-x:auto}
.scores{font-size:.8125rem;line-height:1.35}
.scores caption{text-align:left;font-weight:600;font-size:.875rem;padding-bottom:.25rem}
.scores td,.scores th{padding:.25rem 0 .25rem .5rem;text-align:right;vertical-align:top;border-top:1px solid var(--line)}
.scores thead th{border-top:0;font-size:.8125rem}
.scores th:first-child{text-align:left;padding-left:0;font-weight:400;color:var(--soft)}
.scores .chance td,.scores .chance th{border-top:0;padding-top:0}
.scores .chance th{padding-left:.75rem;font-style:italic}
.scores .decides{background:var(--raised)}
.scores td,.scores thead th{padding-right:.375rem}
.scores thead .decides{color:var(--ink);font-weight:600}
.scores small{font-size:.6875rem;white-space:nowrap}
.scores .state{display:inline;font-size:.75rem;line-height:1.25}
.scores .mark{margin-right:.2em;vertical-align:-.02em}
.scores bdi{overflow-wrap:normal}
.scores .bin-name,.scores .bin-name bdi{overflow-wrap:anywhere}
.bin-name{max-width:5.5rem;margin-left:auto;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;font-size:.6875rem}
@media screen and (min-width:56rem){.scores:not(.rates,.data *){table-layout:fixed}.scores:not(.rates,.data *) thead th:first-child{width:26%}}
@media screen and (max-width:30rem){
.scores{font-size:.75rem}
.scores td,.scores th{padding-left:.25rem}
.scores td,.scores thead th{padding-right:.25rem}
.scores .state{font-size:.6875rem}
}
.scroll+.note{margin-top:.5rem}
.data{margin-top:.5rem;font-size:.8125rem}
.data summary{color:var(--soft)}
.data table{margin-top:.25rem}`

export const tableStyles = `${summary}${scores}`
