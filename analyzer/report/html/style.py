"""How a page looks: on a wide and a narrow screen, in the light and in the dark, and on paper."""

STYLE = """
:root {
  --page: #f6f7f9; --card: #fff; --ink: #1b2130; --dim: #5b6474; --line: #dde1e8; --code: #f1f3f6; --link: #1d4fd7;
  --breaking: #b3162b; --breaking-soft: #fdecee; --undecided: #7a3fb0; --undecided-soft: #f5edfc;
  --lossy: #8f5200; --lossy-soft: #fdf3e0; --safe: #156c3a; --safe-soft: #e8f6ed;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f131a; --card: #171c25; --ink: #e6e9ef; --dim: #9aa4b5; --line: #2b3340; --code: #1f2631;
    --link: #8fb2ff;
    --breaking: #ff8b96; --breaking-soft: #3a1a21; --undecided: #cfa3f7; --undecided-soft: #2d2040;
    --lossy: #f2bd62; --lossy-soft: #352811; --safe: #72d69a; --safe-soft: #14301f;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 var(--sans); overflow-wrap: anywhere; }
h1, h2, h3, p, ul, ol, dl, dd, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
code, pre { font-family: var(--mono); font-size: .875em; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 9; }
.breaking { --v: var(--breaking); --soft: var(--breaking-soft); }
.undecided { --v: var(--undecided); --soft: var(--undecided-soft); }
.lossy { --v: var(--lossy); --soft: var(--lossy-soft); }
.safe { --v: var(--safe); --soft: var(--safe-soft); }

.banner { display: grid; grid-template-columns: 1fr auto; gap: 1.5rem 2.5rem; background: var(--card);
  border: 1px solid var(--line); border-top: 6px solid var(--v); border-radius: 14px; padding: 1.75rem 2rem; }
.kicker { color: var(--dim); font-size: .9rem; }
.kicker b { color: var(--ink); }
h1 { font-size: clamp(2rem, 6vw, 3.1rem); line-height: 1.15; letter-spacing: -.02em; color: var(--v);
  margin: .1em 0 .2em; }
.lead { font-size: 1.2rem; line-height: 1.4; max-width: 34em; }
.under { color: var(--dim); font-size: .9rem; margin-top: .8rem; }
.gate { text-transform: uppercase; letter-spacing: .05em; font-size: .8rem; border-radius: 99px;
  padding: .25em .8em;
  background: var(--breaking); color: var(--card); }
.gate.passes { background: var(--safe); }
.counts { display: grid; grid-template-columns: repeat(2, 6.6rem); gap: .5rem; align-content: center; }
.counts li { background: var(--soft); color: var(--v); border-radius: 10px; padding: .5rem .75rem;
  font-size: .85rem; }
.counts b { display: block; font-size: 1.7rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.counts .none { background: var(--code); color: var(--dim); }
.proof, .answers { border-top: 1px solid var(--line); padding-top: 1rem; grid-column: 1 / -1; }
.banner h2 { font-size: .78rem; letter-spacing: .06em; text-transform: uppercase; color: var(--dim);
  margin-bottom: .5rem; }
.proof ol { display: flex; flex-wrap: wrap; gap: .4rem; }
.proof li { flex: 1 1 12rem; border-top: 4px solid var(--line); padding-top: .4rem; color: var(--dim);
  font-size: .92rem; }
.proof .yes { border-color: var(--safe); color: var(--ink); }
.proof .yes .sign { color: var(--safe); }
.answers dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .92rem; }
.answers dt { font-weight: 600; }
.answers dd { grid-column: 2; }
.several .each { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
  gap: 1rem 2rem; }
.origin, .note { color: var(--dim); font-size: .85rem; }

.badge { display: inline-block; white-space: nowrap; color: var(--v); background: var(--soft); border-radius: 6px;
  padding: .05em .5em; font-size: .82rem; font-weight: 650; }
.chip { display: inline-block; border: 1px solid var(--line); border-radius: 6px; padding: 0 .45em;
  font-size: .8rem; color: var(--dim); }
.filters { display: none; }
.js .filters { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; position: sticky; top: 0;
  z-index: 5;
  background: var(--page); padding: .7rem 0; margin-top: 1rem; border-bottom: 1px solid var(--line); }
.filters span { display: inline-flex; flex-wrap: wrap; gap: .3rem; }
button, input { font: inherit; font-size: .88rem; color: var(--ink); background: var(--card);
  border: 1px solid var(--line);
  border-radius: 8px; padding: .3em .75em; min-height: 2.1rem; }
button { cursor: pointer; }
button:hover { border-color: var(--dim); }
button[aria-pressed=true] { background: var(--v, var(--ink)); color: var(--card); border-color: transparent;
  font-weight: 600; }
button[aria-pressed=true]::before { content: "\\2713\\00a0"; }
.filters input { flex: 1 1 9rem; min-width: 0; }
.filters output { color: var(--dim); font-size: .85rem; font-variant-numeric: tabular-nums; }

.empty { margin: 1.5rem 0; }
.intro { margin: -.5rem 0 .8rem; }
main h2 { font-size: 1.35rem; letter-spacing: -.01em; margin: 2rem 0 .8rem; }
.card { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--v);
  border-radius: 12px; margin: 0 0 1rem; }
.card > header, .card > summary { display: flex; flex-wrap: wrap; gap: .35rem .75rem; align-items: center;
  padding: .9rem 1.25rem; }
.card > summary { cursor: pointer; padding: .55rem 1.25rem; }
details.card { margin-bottom: .5rem; }
details.card > summary::before { content: "\\25b8"; color: var(--dim); }
details.card[open] > summary::before { content: "\\25be"; }
.card > summary::-webkit-details-marker { display: none; }
.card:target { box-shadow: 0 0 0 3px var(--v); }
h3 { font-size: 1.05rem; line-height: 1.35; flex: 1 1 16rem; }
summary h3 { font-size: .98rem; font-weight: 500; }
h3 code { font-size: .92em; }
.about { display: inline-flex; flex-wrap: wrap; gap: .35rem; align-items: center; }
.owner, .more, .place, .absent { color: var(--dim); font-size: .85rem; }
.about .owner b { color: var(--ink); }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; background: var(--line);
  border-block: 1px solid var(--line); }
.side { background: var(--card); padding: .6rem 1.25rem .8rem; min-width: 0; }
.side p { font-size: .85rem; }
.side p b { text-transform: uppercase; letter-spacing: .06em; font-size: .74rem; color: var(--dim);
  margin-right: .5em; }
.side pre { white-space: pre-wrap; background: var(--code); border-radius: 8px; padding: .5rem .75rem;
  margin-top: .35rem; color: var(--dim); line-height: 1.6; }
.side .absent { font-style: italic; margin-top: .35rem; padding: .5rem 0; }
del, ins { text-decoration: none; border-radius: 4px; padding: .1em .25em; font-weight: 600; }
del { background: var(--breaking-soft); color: var(--breaking); text-decoration: line-through;
  text-decoration-thickness: 1px; }
ins { background: var(--safe-soft); color: var(--safe); border-bottom: 2px solid var(--safe); }
.finding { padding: .9rem 1.25rem 1rem; }
.finding + .finding { border-top: 1px solid var(--line); }
.finding .sides { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin: .6rem 0; }
.finding-head { display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: center; }
.rule { font-size: .92rem; }
.whom { margin-left: auto; font-size: .85rem; color: var(--dim); }
.blocks { color: var(--breaking); font-weight: 650; }
.path { display: flex; flex-wrap: wrap; font: .875rem/1.7 var(--mono); margin-top: .35rem; }
.path + .path { margin-top: 0; }
.path li { color: var(--dim); }
.path li + li::before { content: "\\25b8"; padding: 0 .45em; color: var(--dim); opacity: .6; }
.path li:first-child { color: var(--ink); font-weight: 600; }
.path li:last-child { color: var(--v, var(--ink)); font-weight: 600; }
.finding dl { display: grid; grid-template-columns: 6rem 1fr; gap: .35rem 1rem; margin-top: .7rem;
  font-size: .95rem; max-width: 62rem; }
.finding dt { color: var(--dim); font-size: .85rem; padding-top: .1em; }
dd.witness { background: var(--soft); border-radius: 8px; padding: .5rem .75rem; }
dd.witness code { display: block; }
dd.witness span { font-size: .9rem; }
dd.fix { border-left: 3px solid var(--safe); padding-left: .75rem; }
.fingerprint { color: var(--dim); font-size: .8rem; margin-top: .6rem; }
.copy { display: none; }
.js .copy { display: inline-block; font-size: .78rem; min-height: 0; padding: .1em .6em; }

.picture { padding: 1rem; }
.picture svg { display: block; margin: 0 auto; max-width: none; font: 12px var(--mono); }
.drawn + .drawn { margin-top: 1.2rem; }
.drawn h3 { margin-bottom: .4rem; }
svg text { fill: var(--ink); }
svg .lane { font: 700 13px var(--sans); letter-spacing: .06em; fill: var(--dim); }
svg .step { font-size: 11px; fill: var(--dim); }
svg .via { fill: var(--card); }
.way { fill: none; stroke: var(--v); stroke-width: 1.4; opacity: .75; }
.way.breaking { stroke-width: 2.6; }
.way.lossy { stroke-width: 2; stroke-dasharray: 7 4; }
.way.undecided { stroke-width: 2; stroke-dasharray: 2 3; }
.way.lit { opacity: 1; stroke-width: 4; }
rect.root { fill: var(--code); stroke: var(--line); }
text.root { font-weight: 600; }
rect.folded { fill: none; stroke: var(--line); stroke-dasharray: 4 3; }
text.folded { font-size: 11px; fill: var(--dim); }
.change rect { fill: var(--soft); stroke: var(--v); stroke-width: 1.5; }
.change .label { font-weight: 600; fill: var(--v); }
.change:hover rect, .change.lit rect { stroke-width: 3; }
.port { fill: var(--card); stroke: var(--v); stroke-width: 1.5; }
svg .sign { fill: var(--v); font-size: 11px; font-weight: 700; }
.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; margin-bottom: .6rem; }
.legend li::before { content: ""; display: inline-block; width: 2.2rem; border-top: 2px solid var(--v);
  vertical-align: middle; margin-right: .5rem; }
.legend .breaking::before { border-top-width: 3px; }
.legend .lossy::before { border-top-style: dashed; }
.legend .undecided::before { border-top-style: dotted; }
.legend .safe::before { border-top-width: 1px; }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; min-width: 50rem; font-size: .88rem; overflow-wrap: normal; }
caption { text-align: left; padding: .7rem 1rem; color: var(--dim); font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem 1rem; border-top: 1px solid var(--line); }
th { color: var(--dim); font-size: .78rem; letter-spacing: .05em; text-transform: uppercase; }
td { overflow-wrap: anywhere; }
table.facts { min-width: 0; table-layout: auto; }
table.facts th { width: 9rem; }
table.facts td, table.journal td { white-space: normal; }
table.journal td { font: .8rem/1.5 var(--mono); }
table.journal td:nth-child(-n+5) { white-space: nowrap; overflow-wrap: normal; }
ul.held { margin: .5rem 0 1.5rem; padding-left: 1.2rem; list-style: disc; }
td:nth-child(-n+3) { white-space: nowrap; }
td .path { margin: 0; font-size: .8rem; }
td .more { display: block; }
footer { color: var(--dim); font-size: .85rem; margin: 2rem 0 1rem; }
.keys { display: none; }
.js .keys { display: block; }

@media (max-width: 46rem) {
  body { padding: .75rem; font-size: 15px; }
  .banner { grid-template-columns: 1fr; padding: 1.1rem 1rem; gap: 1rem; }
  .counts { grid-template-columns: repeat(4, 1fr); }
  .counts li { padding: .4rem .5rem; font-size: .74rem; overflow-wrap: normal; }
  .js .filters { position: static; }
  main h2 { font-size: 1.2rem; }
  .sides { grid-template-columns: 1fr; }
  .card > header, .card > summary, .finding, .side { padding-inline: .9rem; }
  .finding dl { grid-template-columns: 1fr; gap: .1rem; }
  .finding dd { margin-bottom: .5rem; }
  .whom { margin-left: 0; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --dim: #444; --line: #bbb; --code: #f4f4f4; --link: #000;
    --breaking: #a01024; --breaking-soft: #fdecee; --undecided: #6a349a; --undecided-soft: #f5edfc;
    --lossy: #7d4800; --lossy-soft: #fdf3e0; --safe: #105a30; --safe-soft: #e8f6ed; }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  .js .filters, .js .copy, .js .keys, .skip { display: none; }
  .finding, .sides, tr, .banner { break-inside: avoid; }
  h2, h3, header, .finding-head { break-after: avoid; }
  .scroll { overflow: visible; }
  .picture svg { width: 100%; height: auto; }
  .picture { break-inside: avoid; }
  table { min-width: 0; font-size: 8pt; }
  a { text-decoration: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
"""
