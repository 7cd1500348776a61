// An answer as one HTML file that needs nothing else: the pages with what is warm on them, the words of
// the question, and which words answered them.

import { createHash } from 'node:crypto';
import type { TextAnswer, TextHit } from '../../database/text-query/text-query.ts';
import type { PageSize } from '../../engine/document.ts';
import { heatMap } from '../../engine/explain/heat-map.ts';
import type { MatchedWord, VectorMatches } from '../../engine/explain/hit-matches.ts';
import { pageScript, pageStyle } from './answer-style.ts';
import { type AskedWord, askedWords } from './asked-words.ts';

/** Colder words are not painted. */
const heatMin = 0.3;
/** Cells across a heat map of patches. */
const heatColumns = 48;
const answersShown = 3;
/** No other script runs, wherever it stands. */
const scriptHash = createHash('sha256').update(pageScript).digest('base64');

/** The file's text. `images` are data URIs beside the hits, undefined where a hit has no picture. */
export function answerHtml(answer: TextAnswer, images: readonly (string | undefined)[]): string {
  const { text, collection, mode, vectors, notes, hits } = answer;
  const by = mode === 'keyword' ? 'keywords' : `${mode}: ${vectors.join(', ')}`;
  const cards = hits.map((hit, index) => card(hit, index, images[index])).join('\n');
  const said = notes.map((note) => `<p class="note">${escaped(note)}.</p>`).join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'">
<title>${escaped(text)} · ${escaped(collection)}</title>
<style>${pageStyle}</style>
<header>
<p class="brand">Tesserae · ${escaped(collection)} · ${escaped(by)}</p>
<h1>${escaped(text)}</h1>
<p class="count">${hits.length === 1 ? '1 hit' : `${hits.length} hits`}</p>${said}
</header>
<main>
${cards}
</main>
<script>${pageScript}</script>
</html>
`;
}

function card(hit: TextHit, index: number, image: string | undefined): string {
  const { source, page, title = '', uuid, score } = hit;
  const matches = hit.vectors?.find(({ heat }) => heat.length > 0) ?? hit.vectors?.[0];
  const asked = askedWords(matches?.tokens ?? []);
  const name = source ?? (title || uuid);
  const number = page === undefined ? '' : `<span class="page">page ${page}</span>`;
  const sheet = hit.pageSize ? sheetOf(hit, hit.pageSize, image, matches, asked) : pictureOf(image);
  const chips = asked.length === 0 ? '' : `<ol class="asked">${asked.map(chip).join('')}</ol>`;
  return `<article>
<div class="about">
<p class="rank">${index + 1}</p>
<h2>${escaped(name)} ${number}</h2>
<p class="title">${escaped(name === title ? '' : title)}</p>
<p class="score">score ${score.toFixed(3)}</p>
${snippet(hit)}
${chips}
</div>
${sheet}
</article>`;
}

function pictureOf(image: string | undefined): string {
  return image === undefined ? '' : `<figure><img src="${image}" alt=""></figure>`;
}

/** The page with its heat and the places that matched over it; the words without a picture. */
function sheetOf(
  { boxes, places }: TextHit,
  size: PageSize,
  image: string | undefined,
  matches: VectorMatches | undefined,
  asked: readonly AskedWord[],
): string {
  const picture = image === undefined ? '' : `<img src="${image}" alt="the page">`;
  const sheet = { width: Number(size.width), height: Number(size.height) };
  const frames = boxes.map((box, index) => {
    const [x, y, width, height] = box;
    const weight = places[index]?.weight ?? 1;
    return `<rect class="hit" style="--w:${weight.toFixed(2)}" ${place({ x: x - 1.5, y: y - 1.5, width: width + 3, height: height + 3 })} rx="2"/>`;
  });
  const heat = matches ? heatOf(matches, size, asked) : '';
  return `<figure style="aspect-ratio:${sheet.width}/${sheet.height}">${picture}
<svg viewBox="0 0 ${sheet.width} ${sheet.height}" preserveAspectRatio="none">${heat}${frames.join('')}</svg></figure>`;
}

/** Words are painted where they stand; patches are blended to a map. */
function heatOf(matches: VectorMatches, size: PageSize, asked: readonly AskedWord[]): string {
  const placed = matches.heat.filter((word) => word.box);
  if (placed.every(({ text }) => text === '')) return patchesOf(matches, size) + answersOf(asked);
  return placed
    .map((word) => {
      const by = asked.flatMap((one, index) => (answers(one, word) ? [index] : []));
      if (word.heat < heatMin && by.length === 0) return '';
      const said = by.map((index) => asked[index]?.text).join(', ');
      const label = said === '' ? word.text : `${word.text} — ${said}`;
      return `<rect class="word" data-by=" ${by.join(' ')} " style="--h:${word.heat.toFixed(2)}" ${place(word.box)}><title>${escaped(label)}</title></rect>`;
    })
    .join('');
}

function answers({ words }: AskedWord, { start, end, text }: MatchedWord): boolean {
  return text !== '' && words.some((word) => word.start === start && word.end === end);
}

function patchesOf({ heat }: VectorMatches, { width, height }: PageSize): string {
  const warm = heat.flatMap(({ box, heat: own }) => {
    if (!box) return [];
    const share = { x: box.x / width, y: box.y / height };
    return [
      { box: { ...share, width: box.width / width, height: box.height / height }, heat: own },
    ];
  });
  const rows = Math.max(1, Math.round((heatColumns * height) / width));
  const map = heatMap(warm, heatColumns, rows);
  const cell = { width: width / heatColumns, height: height / rows };
  return Array.from(map.cells, (value, index) => {
    if (value < heatMin) return '';
    const x = (index % heatColumns) * cell.width;
    const y = Math.floor(index / heatColumns) * cell.height;
    return `<rect class="patch" style="--h:${value.toFixed(2)}" ${place({ x, y, ...cell })}/>`;
  }).join('');
}

/** The patches that answered the question's words, to be shown when asked for. */
function answersOf(asked: readonly AskedWord[]): string {
  return asked
    .flatMap(({ words }, index) =>
      words.flatMap(({ box }) =>
        box ? `<rect class="word" data-by=" ${index} " style="--h:0" ${place(box)}/>` : [],
      ),
    )
    .join('');
}

function place(box: MatchedWord['box']): string {
  const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 };
  const [a, b, c, d] = [x, y, width, height].map((value) => Math.round(value * 100) / 100);
  return `x="${a}" y="${b}" width="${c}" height="${d}"`;
}

function chip({ text, words, score }: AskedWord, index: number): string {
  const found = [...new Set(words.map((word) => word.text).filter(Boolean))].slice(0, answersShown);
  const isPlaced = words.some(({ box }) => box);
  const answer = found.join(' · ') || (isPlaced ? 'a part of the picture' : 'no part of it');
  return `<li data-asked="${index}" tabindex="0"><b>${escaped(text)}</b><span>${escaped(answer)}</span><i style="--s:${Math.max(0, score).toFixed(2)}">${score.toFixed(2)}</i></li>`;
}

function snippet({ snippet: found }: TextHit): string {
  if (!found) return '';
  let at = 0;
  let html = '';
  for (const [start, end] of found.marks) {
    html += `${escaped(found.text.slice(at, start))}<mark>${escaped(found.text.slice(start, end))}</mark>`;
    at = end;
  }
  return `<blockquote>${html}${escaped(found.text.slice(at))}</blockquote>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
