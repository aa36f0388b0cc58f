"""How the page looks: light and dark, on a telephone and on paper."""

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6472; --line: #d9dee5;
  --track: #edf0f4; --blue: #2b5fa8; --good: #2f855a; --fair: #d19a1d; --bad: #c2452d; --range: #9dbce6 }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b212a; --ink: #e6eaf0; --soft: #9aa5b4;
  --line: #323b47; --track: #29313c; --blue: #7eaef0; --good: #58b98a; --fair: #e0b34c; --bad: #ec7a62;
  --range: #3f5f8c } }
* { box-sizing: border-box } body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem } header { margin: .5rem 0 1.2rem }
header p { margin: 0; color: var(--soft) } h1 { margin: 0; font-size: 2rem; line-height: 1.2 }
h2 { font-size: 1.05rem; margin: 0 0 .4rem } p { margin: 0 0 .4rem } ul { margin: 0; padding-left: 1.2rem }
section, figure { margin: 0 0 1rem } .promises, .pair, .figures { display: grid; gap: 1rem }
.promises { grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)) }
.pair { grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)) }
.promises > div, .pair > div, .reins, figure, .table { background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; padding: 1rem 1.1rem; min-width: 0 }
.promises > div { border-top: .3rem solid var(--soft) } .promises > .kept { border-top-color: var(--good) }
.promises > .broken { border-top-color: var(--bad) } .promises h2 { display: flex; justify-content: space-between }
.promises span { font-weight: 400; font-size: .9rem; color: var(--soft) } .kept span { color: var(--good) }
.broken span { color: var(--bad) } .owes { font-size: 1.15rem; font-weight: 600; line-height: 1.35 }
.reins { border-left: .3rem solid var(--blue) } .reins p { font-size: 1.1rem; margin: 0 }
.well { border-left: .3rem solid var(--good) !important } .badly { border-left: .3rem solid var(--bad) !important }
.notes, .small, footer { color: var(--soft); font-size: .9rem } .notes p { margin: 0 0 .2rem }
ul.small { margin-top: .5rem }
.figures { grid-template-columns: repeat(auto-fit, minmax(min(13rem, 45%), 1fr)); gap: .6rem }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem }
.figures b { display: block; font-size: 1.3rem } .figures span { color: var(--soft); font-size: .9rem }
figcaption { font-weight: 600; margin-bottom: .6rem } .chart { display: block; overflow: visible }
.chart text { fill: var(--ink); font-size: 14px } .chart rect { rx: 3px } .track { fill: var(--track) }
.whole { fill: var(--blue) } .good { fill: var(--good) } .fair { fill: var(--fair) } .bad { fill: var(--bad) }
.range { fill: var(--range) } .happened { stroke: var(--blue); stroke-width: 4 }
.foretold { stroke: var(--ink); stroke-width: 3; stroke-dasharray: 3 2 }
.area { fill: var(--range); opacity: .45 } .curve { fill: none; stroke: var(--blue); stroke-width: 2;
  vector-effect: non-scaling-stroke } .middle { stroke: var(--soft); stroke-dasharray: 4 4 }
.key { color: var(--soft); font-size: .9rem } .key i { display: inline-block; width: .8rem; height: .8rem;
  border-radius: .2rem; margin-right: .3rem; vertical-align: -1px }
.key span { white-space: nowrap; margin-right: .6rem }
i.good { background: var(--good) } i.fair { background: var(--fair) } i.bad { background: var(--bad) }
i.range { background: var(--range) } i.foretold { width: 0; border-left: 3px dashed var(--ink); border-radius: 0 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .95rem }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child { text-align: left; padding-left: 0; max-width: 18rem; overflow: hidden; text-overflow: ellipsis }
thead th { color: var(--soft); font-weight: 500 } tbody th { font-weight: 500 } tr:last-child > * { border-bottom: 0 }
@media print { body { background: #fff; font-size: 12px } main { max-width: none; padding: 0 }
  section > div, figure, .table, .reins { break-inside: avoid } .scroll { overflow: visible }
  * { print-color-adjust: exact } }
"""
