// How the HTML of an answer looks, and what happens when the mouse is over a word of the question.

/** Warm colours on paper; a sheet casts a small shadow on the desk. */
export const pageStyle = `
:root { color-scheme: light; --ink: #23201c; --soft: #7b746a; --desk: #f1ede6; --paper: #fffdf9; --line: #e0d9cd; --warm: 214 86 22; --tile: #0f6b6d; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--desk); color: var(--ink); font: 15px/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header, main { max-width: 1180px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 36px; padding-bottom: 12px; }
.brand { margin: 0; color: var(--tile); font-size: 12px; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: 6px 0 4px; font: 600 30px/1.25 ui-serif, Georgia, "Times New Roman", serif; max-width: 34em; }
.count, .title, .score { margin: 0; color: var(--soft); }
.note { margin: 10px 0 0; padding: 8px 12px; border-left: 3px solid var(--tile); background: #e8f0ee; color: #29494a; border-radius: 0 6px 6px 0; }
.note::first-letter { text-transform: uppercase; }
article { display: grid; grid-template-columns: minmax(280px, 1fr) minmax(320px, 560px); gap: 32px; padding: 30px 0 38px; border-top: 1px solid var(--line); }
.about { position: sticky; top: 20px; align-self: start; min-width: 0; }
.rank { float: left; margin: 2px 14px 0 0; width: 34px; height: 34px; border-radius: 9px; background: var(--tile); color: #fff; font-weight: 600; line-height: 34px; text-align: center; }
h2 { margin: 0; font-size: 19px; line-height: 1.3; overflow-wrap: anywhere; }
.page { white-space: nowrap; font-weight: 400; color: var(--soft); }
.title, .score { margin-left: 48px; }
.score { font-variant-numeric: tabular-nums; font-size: 13.5px; }
blockquote { clear: both; margin: 16px 0 0; padding: 12px 16px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow-wrap: anywhere; }
mark { padding: 0 2px; border-radius: 3px; background: rgb(var(--warm) / .22); color: inherit; }
.asked { display: grid; gap: 2px; margin: 18px 0 0; padding: 0; list-style: none; font-size: 13.5px; }
.asked li { display: grid; grid-template-columns: minmax(80px, 8.5em) 1fr 84px; gap: 10px; align-items: center; padding: 3px 8px; border-radius: 7px; cursor: default; outline: none; }
.asked li:hover, .asked li:focus { background: var(--paper); box-shadow: 0 0 0 1px var(--line); }
.asked b { font-weight: 600; }
.asked span { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.asked i { position: relative; padding-right: 4px; font-style: normal; font-variant-numeric: tabular-nums; text-align: right; background: linear-gradient(rgb(var(--warm) / .28) 0 0) left / calc(var(--s) * 100%) 100% no-repeat; border-radius: 4px; }
figure { position: relative; margin: 0; align-self: start; background: var(--paper); box-shadow: 0 1px 2px rgb(60 45 20 / .18), 0 10px 28px rgb(60 45 20 / .12); border-radius: 4px; overflow: hidden; }
figure img { display: block; width: 100%; height: auto; }
figure svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.word, .patch { fill: rgb(var(--warm) / calc(var(--h) * var(--h) * .6)); mix-blend-mode: multiply; }
.hit { fill: none; stroke: rgb(var(--warm) / calc(.25 + .75 * var(--w))); stroke-width: 1.4; pointer-events: none; }
.choosing .word, .choosing .patch { fill: rgb(var(--warm) / .08); }
.choosing .hit { stroke-opacity: .15; }
.choosing .word.chosen { fill: rgb(15 107 109 / .38); stroke: var(--tile); stroke-width: 1.2; }
@media (max-width: 820px) { article { grid-template-columns: 1fr; } .about { position: static; } }
@media print { article { break-inside: avoid; } .about { position: static; } }
`;

/** A word of the question shows where it was answered. */
export const pageScript = `
for (const article of document.querySelectorAll('article')) {
  const sheet = article.querySelector('figure');
  const choose = (number) => {
    if (!sheet) return;
    sheet.classList.toggle('choosing', number !== undefined);
    for (const word of sheet.querySelectorAll('.word')) {
      word.classList.toggle('chosen', number !== undefined && word.dataset.by.includes(' ' + number + ' '));
    }
  };
  for (const word of article.querySelectorAll('[data-asked]')) {
    for (const event of ['mouseenter', 'focus']) word.addEventListener(event, () => choose(word.dataset.asked));
    for (const event of ['mouseleave', 'blur']) word.addEventListener(event, () => choose(undefined));
  }
}
`;
