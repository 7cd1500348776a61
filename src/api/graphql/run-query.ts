// One GraphQL request: parses, checks against limits and schema, runs it, and writes the reply as clients
// know it. What is wrong with a query is part of its reply, never a failure of the request.

import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { RequestContext } from '../../database/object-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { graphqlTokensMax } from '../../engine/limits.ts';
import { type LogError, WireError } from '../rest/wire-error.ts';
import type { GraphqlCall } from './call.ts';
import { CollectionSchemas } from './collections-schema.ts';
import { setNumbersAside } from './literals.ts';
import { checkNesting, checkSelections } from './query-limits.ts';
import { ReplyObjects } from './reply-objects.ts';

export interface GraphqlRequest {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

export interface GraphqlReply {
  readonly data?: unknown;
  readonly errors?: readonly ShownError[];
}

interface ShownError {
  readonly message: string;
  readonly locations: GraphQLError['locations'] | null;
  readonly path: GraphQLError['path'] | null;
}

export interface GraphqlParts extends Pick<GraphqlCall, 'database' | 'limits'> {
  /** Told of failures that are not the caller's. */
  readonly logError: LogError;
}

/** Runs the queries of a request, one after another; never rejects for what they say or find. */
export type RunGraphql = (
  requests: readonly GraphqlRequest[],
  context: RequestContext,
) => Promise<GraphqlReply[]>;

/** Answers the requests of one server. */
export function openGraphql({ logError, ...parts }: GraphqlParts): RunGraphql {
  const schemas = new CollectionSchemas(parts.database);
  return async (requests, context) => {
    using objects = new ReplyObjects(parts.database);
    const call = { ...parts, context, objects };
    const replies: GraphqlReply[] = [];
    for (const request of requests) replies.push(await run(request, { call, schemas, logError }));
    return replies;
  };
}

interface Run extends Pick<GraphqlParts, 'logError'> {
  readonly call: GraphqlCall;
  readonly schemas: CollectionSchemas;
}

async function run(request: GraphqlRequest, parts: Run): Promise<GraphqlReply> {
  try {
    return await runChecked(request, parts);
  } catch (error) {
    // What concerns the whole query and no field of it.
    if (!(error instanceof DatabaseError)) throw error;
    return { errors: [{ message: error.message, locations: null, path: null }] };
  }
}

async function runChecked(request: GraphqlRequest, parts: Run): Promise<GraphqlReply> {
  const { call, schemas, logError } = parts;
  const read = readQuery(request.query);
  if ('errors' in read) return { errors: read.errors.map((error) => show(error, logError)) };
  const schema = schemas.of(read.names);
  const wrong = validate(schema, read.document, specifiedRules, { maxErrors: 20 });
  if (wrong.length > 0) return { errors: wrong.map((error) => show(error, logError)) };
  const { data, errors }: ExecutionResult = await execute({
    schema,
    document: read.document,
    contextValue: call,
    variableValues: request.variables,
    operationName: request.operationName,
  });
  call.objects.refuseTooMany();
  return {
    ...(data !== undefined && { data }),
    ...(errors && { errors: errors.map((error) => show(error, logError)) }),
  };
}

interface ReadQuery {
  readonly document: DocumentNode;
  readonly names: ReadonlySet<string> | undefined;
}

function readQuery(text: string): ReadQuery | { readonly errors: readonly GraphQLError[] } {
  try {
    checkNesting(text);
    const document = parse(text, { maxTokens: graphqlTokensMax });
    const named = checkSelections(document);
    setNumbersAside(document);
    return { document, ...named };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

function show(error: GraphQLError, logError: LogError): ShownError {
  return {
    message: messageOf(error, logError),
    locations: error.locations ?? null,
    path: error.path ?? null,
  };
}

/** The caller learns nothing about failures of the server but that there was one. */
function messageOf({ message, originalError, path }: GraphQLError, logError: LogError): string {
  if (message === 'Validation aborted.') {
    return 'the query repeats fields too often for them to be compared with each other';
  }
  const isOurs = originalError && !(originalError instanceof GraphQLError);
  if (!isOurs) return message;
  if (originalError instanceof DatabaseError) return message;
  // What REST says before the place in its body is no place in a query.
  if (originalError instanceof WireError) return message.replace(/^parsing body .*?, because /, '');
  logError(`GraphQL ${path?.join('.') ?? ''} failed`, originalError);
  return 'internal error; the server log has more';
}
