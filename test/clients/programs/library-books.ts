// The books of library-write.ts and library-read.ts: what each is, and where the server is. The same
// as library_books.py.

import weaviate, {
  type CrossReference,
  type GeoCoordinate,
  generateUuid5,
  type PhoneNumber,
  type WeaviateClient,
} from 'weaviate-client';

export const authorsName = 'Author';
export const booksName = 'Book';
export const shelfName = 'Shelf';
export const bookCount = 24;

const words = ['red fox', 'blue whale', 'green tree', 'red rose'];
const things = ['river', 'mountain', 'forest', 'desert', 'island', 'city'];
const genres = ['novel', 'poems', 'travel'];

export function connect(): Promise<WeaviateClient> {
  return weaviate.connectToLocal({
    host: '127.0.0.1',
    port: Number(process.env['PORT']),
    grpcPort: Number(process.env['GRPC_PORT']),
  });
}

export const authorId = (n: number): string => generateUuid5(`author ${n}`);
export const bookId = (n: number): string => generateUuid5(`book ${n}`);
export const isbn = (n: number): string => generateUuid5(`isbn ${n}`);

export type Author = { name: string; born: number };

export type Book = {
  n: number;
  title: string;
  note?: string;
  price: number;
  published: Date;
  genres: string[];
  inStock: boolean;
  isbn: string;
  shop: GeoCoordinate;
  phone?: PhoneNumber;
  details: { publisher: string; edition: number };
  reviews: { stars: number; text: string }[];
  writtenBy?: CrossReference<Author>;
  /** To authors and to books. */
  seeAlso?: CrossReference<Author & Book>;
};

/** Turns by the same small angle from book to book. */
export const plain = (n: number): number[] => [1, n / 8, 0.25];

export const tokens = (n: number): number[][] => [
  [1, n / 8],
  [0.5, (n % 4) / 4],
];

export const vectors = (n: number) => ({ plain: plain(n), tokens: tokens(n) });

export const month = (n: number): Date => new Date(Date.UTC(2000, n, 1));

export function book(n: number) {
  const signed = { note: 'signed', phone: { number: '+441612345000' } };
  return {
    n,
    title: `${words[n % 4]} and ${things[n % 6]}`,
    price: 5 + n / 4,
    published: month(n),
    genres: [genres[n % 3] ?? '', 'all'],
    inStock: n % 2 === 0,
    isbn: isbn(n),
    shop: { latitude: 50 + n / 4, longitude: 13 },
    details: { publisher: `house ${n % 2}`, edition: n % 3 },
    reviews: [
      { stars: 1 + (n % 5), text: 'good' },
      { stars: 3, text: 'fair' },
    ],
    ...(n % 4 === 0 ? signed : {}),
  };
}

/** One line of JSON, numbers to five places, dates in UTC, without what is absent. */
export function answer(question: string, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ question, answer: shown(value) ?? null })}\n`);
}

function shown(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toFixed(5));
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  return Object.fromEntries(present.map(([key, each]) => [key, shown(each)]));
}
