// Whom `tesserae query` asks: a data directory that nobody else has open, or a running server. Both give
// the same answers, and the pictures of pages.

import {
  answerText,
  type TextAnswer,
  type TextQuery,
} from '../../database/text-query/text-query.ts';
import { PageImages } from '../../ingest/page-images.ts';
import { vectorizerSettings } from '../../vectorizers/create-vectorizers.ts';
import { openDataDirectory } from '../data-directory.ts';
import { askServer, type ServerAddress } from '../server-request.ts';

/** An open place to ask. */
export interface QuerySource extends AsyncDisposable {
  /** Throws DatabaseError. */
  answer(collection: string, query: TextQuery): Promise<TextAnswer>;
  /** The picture of a page as a data URI; undefined where the object has none. */
  image(collection: string, uuid: string): Promise<string | undefined>;
}

/** Opens a data directory; the tenant is empty where there is none. Throws DatabaseError. */
export async function openData(path: string, tenant: string): Promise<QuerySource> {
  await using resources = new AsyncDisposableStack();
  const vectorizers = vectorizerSettings(process.env);
  const orElse = 'or ask the running server with --url';
  const { database } = resources.use(
    await openDataDirectory(path, { vectorizers, orElse, absent: 'refuse' }),
  );
  const opened = resources.move();
  let images: PageImages | undefined;
  return {
    answer: async (collection, query) => {
      using held = await database.hold(collection, tenant);
      return await answerText(held.collection, query, { headers: {} });
    },
    image: async (collection, uuid) => {
      images ??= opened.use(await PageImages.open(database));
      using held = await database.hold(collection, tenant);
      const { collection: found } = held;
      const image = await images.read(found, uuid, 'page');
      if (image) return dataUri(image.type, Buffer.from(image.bytes).toString('base64'));
      return blobUri(found.get(uuid)?.properties ?? {});
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A running server; nothing is asked yet. */
export function openServer(server: ServerAddress, tenant: string): QuerySource {
  const asked = tenant === '' ? '' : `?tenant=${encodeURIComponent(tenant)}`;
  return {
    answer: async (collection, { text, filter: _, ...others }) => {
      const path = `/v1/tesserae/query/${encodeURIComponent(collection)}${asked}`;
      const reply = await askServer(server, path, { query: text, ...others });
      return (await reply.json()) as TextAnswer;
    },
    image: async (collection, uuid) => {
      const path = `${encodeURIComponent(collection)}/${uuid}${asked}`;
      const picture = await askServer(server, `/v1/ingest/images/${path}`).catch(() => undefined);
      if (picture) {
        const bytes = Buffer.from(await picture.arrayBuffer());
        return dataUri('image/jpeg', bytes.toString('base64'));
      }
      const reply = await askServer(server, `/v1/objects/${path}`);
      const { properties = {} } = (await reply.json()) as { readonly properties?: object };
      return blobUri(properties);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function dataUri(type: string, base64: string): string {
  return `data:${type};base64,${base64}`;
}

/** How base64 of the pictures that browsers show begins. */
const pictureTypes: Readonly<Record<string, string>> = {
  '/9j/': 'image/jpeg',
  iVBORw0KGgo: 'image/png',
  R0lGOD: 'image/gif',
  UklGR: 'image/webp',
};

/** The first property that is a picture. */
function blobUri(properties: object): string | undefined {
  for (const value of Object.values(properties) as unknown[]) {
    if (typeof value !== 'string') continue;
    const start = Object.keys(pictureTypes).find((each) => value.startsWith(each));
    if (start !== undefined && /^[A-Za-z0-9+/]+=*$/.test(value)) {
      return dataUri(pictureTypes[start] ?? '', value);
    }
  }
  return undefined;
}
