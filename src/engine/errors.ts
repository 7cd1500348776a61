// Operating errors: what a caller or the world did wrong. One table holds every code with its message
// and its status on both wires; docs/ERRORS.md is made from it.

/** gRPC status names used by the table; the reference answers almost every application error with UNKNOWN. */
export type GrpcStatus =
  | 'UNKNOWN'
  | 'UNIMPLEMENTED'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'CANCELLED'
  | 'INTERNAL';

interface ErrorRow {
  /** Message; `{word}` is replaced by the parameter of that name, which must be given. */
  readonly template: string;
  readonly http: number;
  readonly grpc: GrpcStatus;
}

/** Every operating error. Messages name the thing, the value seen and the value allowed. */
export const errorTable = {
  'bad-request': { template: '{message}', http: 400, grpc: 'UNKNOWN' },
  'invalid-argument': { template: '{message}', http: 422, grpc: 'UNKNOWN' },
  'not-implemented': {
    template: '{what} is not offered by this server',
    http: 501,
    grpc: 'UNIMPLEMENTED',
  },
  'collection-missing': {
    template: 'collection {collection} does not exist',
    http: 404,
    grpc: 'UNKNOWN',
  },
  'collection-exists': {
    template: 'class name {collection} already exists',
    http: 422,
    grpc: 'UNKNOWN',
  },
  'alias-missing': { template: 'alias {alias} does not exist', http: 404, grpc: 'UNKNOWN' },
  'object-missing': {
    template: 'object {uuid} does not exist in collection {collection}',
    http: 404,
    grpc: 'UNKNOWN',
  },
  'object-exists': { template: "id '{uuid}' already exists", http: 422, grpc: 'UNKNOWN' },
  'read-only': {
    template: 'shard="{shard}": store is read-only due to: manually set',
    http: 422,
    grpc: 'UNKNOWN',
  },
  'tenant-missing': { template: 'tenant not found: "{tenant}"', http: 422, grpc: 'UNKNOWN' },
  'tenant-inactive': { template: "tenant not active: '{tenant}'", http: 422, grpc: 'UNKNOWN' },
  'vector-unknown': {
    template:
      'collection {collection} does not have configuration for vector {name}; its vectors are [{known}]',
    http: 422,
    grpc: 'UNKNOWN',
  },
  'vector-invalid': {
    template: 'vector "{name}" in collection "{collection}": {problem}',
    http: 422,
    grpc: 'UNKNOWN',
  },
  'vector-dims': {
    template:
      'vector "{name}" in collection "{collection}": got vectors of {seen} dimensions, the collection holds vectors of {allowed}',
    http: 422,
    grpc: 'UNKNOWN',
  },
  'property-invalid': {
    template: "invalid {type} property '{property}' on class '{collection}': {problem}",
    http: 422,
    grpc: 'UNKNOWN',
  },
  'property-missing': {
    template: "no such prop with name '{property}' found in class '{collection}' in the schema",
    http: 422,
    grpc: 'UNKNOWN',
  },
  'no-vectorizer': {
    template:
      'could not vectorize input for collection {collection} with search-type {search}: vector "{name}" has no vectorizer, so give a vector or configure a vectorizer module for it',
    http: 422,
    grpc: 'UNKNOWN',
  },
  'vectorizer-failed': { template: '{message}', http: 500, grpc: 'UNKNOWN' },
  unauthenticated: { template: '{message}', http: 401, grpc: 'UNKNOWN' },
  forbidden: { template: '{message}', http: 403, grpc: 'PERMISSION_DENIED' },
  'directory-locked': {
    template:
      'the data directory {path} is in use by process {pid}; stop that server or choose another --data directory',
    http: 500,
    grpc: 'UNAVAILABLE',
  },
  corrupt: {
    template: 'corrupt file {file} at byte {offset}: {expected}',
    http: 500,
    grpc: 'INTERNAL',
  },
  'format-unknown': {
    template: 'file {file} has format {seen}; this version reads {known}',
    http: 500,
    grpc: 'INTERNAL',
  },
  'storage-failed': { template: 'storage: {message}', http: 500, grpc: 'UNAVAILABLE' },
  'memory-full': {
    template:
      'the server takes {seen} MiB of memory, its budget is {allowed} MiB: no more is written until it is below; a larger budget (--memory) or fewer objects help',
    http: 507,
    grpc: 'RESOURCE_EXHAUSTED',
  },
  cancelled: {
    template: 'the caller went away or its deadline passed before the search began',
    http: 499,
    grpc: 'CANCELLED',
  },
  'search-failed': { template: 'search: {message}', http: 500, grpc: 'INTERNAL' },
  closed: { template: 'the database is closed', http: 503, grpc: 'UNAVAILABLE' },
} as const;
errorTable satisfies Record<string, ErrorRow>;

/** A code of the table. */
export type ErrorCode = keyof typeof errorTable;

/** An operating error with a code from the table; the message is the filled template. */
export class DatabaseError extends Error {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, string | number>>;

  constructor(
    code: ErrorCode,
    params: Readonly<Record<string, string | number>> = {},
    options?: { readonly cause?: unknown },
  ) {
    // What is quoted may be cut inside of a character, and no wire can carry half of one.
    super(fill(errorTable[code].template, params).toWellFormed(), options);
    this.name = 'DatabaseError';
    this.code = code;
    this.params = params;
  }
}

function fill(template: string, params: Readonly<Record<string, string | number>>): string {
  const isUnnamed = params['name'] === '';
  const said = isUnnamed ? template.replace('vector "{name}"', 'the unnamed vector') : template;
  return said.replace(/\{(\w+)\}/g, (_, word: string) => String(params[word] ?? `{${word}}`));
}
