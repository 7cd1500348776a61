// The second tutorial's code as the tests run it: its sections that create the collection, and the one
// change that its code needs.

import { type Language, languages, parseFencedTutorial, readTutorial } from './tutorial-code.ts';

const text = readTutorial('2-multimodal-code.md');

/** False where the tutorial's text is not beside the project; `tutorial2` is empty then. */
export const hasTutorial2: boolean = text !== undefined;

/** Sections that create the collection, with the name that its vector gets. */
export const creations: readonly {
  readonly section: string;
  readonly vector: string;
  readonly languages: readonly Language[];
}[] = [
  { section: 'BasicVectorizerMMWeaviate', vector: 'document', languages },
  { section: 'FullVectorizerMMWeaviate', vector: 'document', languages: ['python'] },
  { section: 'VectorizerMMWeaviateMuvera', vector: 'default', languages },
];

/** The printed code by section. */
export const tutorial2: Map<string, Readonly<Record<Language, string>>> = new Map(
  parseFencedTutorial(text ?? ''),
);
const muvera = tutorial2.get('VectorizerMMWeaviateMuvera');
if (muvera) {
  tutorial2.set('VectorizerMMWeaviateMuvera', {
    python: withoutList(muvera.python),
    typescript: withoutList(muvera.typescript),
  });
}

/**
 * Both clients refuse a list that holds a vector without a name, which is how the tutorial prints it;
 * alone, the vector is called `default`.
 */
function withoutList(printed: string): string {
  const start = printed.search(/(?<=vector_config=|vectorizers: )\[/);
  const end = printed.lastIndexOf(']');
  const inside = printed
    .slice(start + 1, end)
    .trimEnd()
    .replace(/,$/, '');
  return `${printed.slice(0, start)}${inside}${printed.slice(end + 1)}`;
}
