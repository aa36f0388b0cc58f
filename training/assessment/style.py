"""How the page looks: light and dark, on a telephone and on paper."""

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6472; --line: #d9dee5;
  --track: #edf0f4; --blue: #2b5fa8; --good: #2f855a; --bad: #c2452d; --range: #9dbce6; --pale: #c8d0da }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b212a; --ink: #e6eaf0; --soft: #9aa5b4;
  --line: #323b47; --track: #29313c; --blue: #7eaef0; --good: #58b98a; --bad: #ec7a62; --range: #3f5f8c;
  --pale: #4a5563 } }
* { box-sizing: border-box } body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem } header { margin: .5rem 0 1.2rem }
header p { margin: 0; color: var(--soft) } h1 { margin: 0; font-size: 2rem; line-height: 1.2 }
h2 { font-size: 1.3rem; margin: 1.8rem 0 .4rem } h3 { font-size: 1rem; margin: 0 0 .4rem }
p { margin: 0 0 .5rem } ul { margin: 0; padding-left: 1.2rem } li { margin-bottom: .3rem }
.pair { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)) }
figure, .box, .table { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1rem 1.1rem; min-width: 0; margin: 0 0 1rem } .pair > * { margin: 0 }
.belief { border-left: .3rem solid var(--blue) } .belief li { font-size: 1.05rem }
.pair { margin-bottom: 1rem } .trio figure { display: flex; flex-direction: column; justify-content: space-between }
.trio { grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)) }
.small, footer, .told, figcaption span { color: var(--soft); font-size: .9rem } .pair + .pair { margin-top: 1rem }
figcaption { font-weight: 600; margin-bottom: .6rem } figcaption span { font-weight: 400; display: block }
.chart { display: block; overflow: visible } .chart text { fill: var(--ink); font-size: 14px }
.chart text.told { fill: var(--soft); font-size: 13px } .chart rect { rx: 3px } .track { fill: var(--track) }
.whole { fill: var(--blue) } .good { fill: var(--good) } .bad { fill: var(--bad) } .soft { fill: var(--pale) }
.range { fill: var(--range) } .young { fill: var(--range); opacity: .45 }
.happened { stroke: var(--blue); stroke-width: 4 } .promised, .wrong { stroke: var(--ink); stroke-width: 3;
  stroke-dasharray: 3 2 } .wrong { stroke: var(--bad); stroke-dasharray: none } .middle { stroke: var(--soft) }
.chart path { fill: none; vector-effect: non-scaling-stroke } .chart .frame { fill: var(--track); rx: 0 }
.even { stroke: var(--soft); stroke-dasharray: 5 4 } .ideal { stroke: var(--soft); stroke-dasharray: 1 4 }
.curve { stroke: var(--blue); stroke-width: 2.5 } .other { stroke: var(--pale); stroke-width: 1.5 }
.whisker { stroke: var(--blue); stroke-width: 1.5 }
.dot { stroke: var(--blue); stroke-width: 10; stroke-linecap: round }
.key { color: var(--soft); font-size: .9rem } .key i { display: inline-block; width: .8rem; height: .8rem;
  border-radius: .2rem; margin-right: .3rem; vertical-align: -1px } .key span { white-space: nowrap;
  margin-right: .8rem } i.range { background: var(--range) } i.young { background: var(--range); opacity: .45 }
i.happened { width: .25rem; background: var(--blue) } i.promised { width: 0; border-left: 3px dashed var(--ink);
  border-radius: 0 } i.wrong { width: 0; border-left: 3px solid var(--bad); border-radius: 0 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .95rem }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child { text-align: left; padding-left: 0; max-width: 18rem; overflow: hidden; text-overflow: ellipsis }
thead th { color: var(--soft); font-weight: 500 } tbody th { font-weight: 500 } tr:last-child > * { border-bottom: 0 }
tr.off td, tr.off th { color: var(--bad) } tr.best th, tr.best td { font-weight: 700 }
@media print { body { background: #fff; font-size: 12px } main { max-width: none; padding: 0 }
  figure, .box { break-inside: avoid } h2 { break-after: avoid } .scroll { overflow: visible }
  * { print-color-adjust: exact } }
"""
