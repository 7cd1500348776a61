// Writes src/api/grpc/generated/messages.ts: a TypeScript interface for every message and a constant for
// every enum of the .proto files. With --check it only says whether the committed file is still equal.

import { readFileSync, writeFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { hasPresence, loadProtocol } from '../src/api/grpc/protocol.ts';

const target = new URL('../src/api/grpc/generated/messages.ts', import.meta.url);

const scalarTypes: Readonly<Record<string, string>> = {
  double: 'number',
  float: 'number',
  int32: 'number',
  uint32: 'number',
  int64: 'number',
  uint64: 'number',
  bool: 'boolean',
  string: 'string',
  bytes: 'Uint8Array',
};

/** `weaviate.v1.Filters.Operator` to `FiltersOperator`; Google's types keep a prefix. */
function typeName(fullName: string): string {
  return fullName
    .replace(/^\./, '')
    .replace(/^weaviate\.v1\.|^grpc\.health\.v1\./, '')
    .replace(/^google\.protobuf\./, 'Google.')
    .replaceAll('.', '');
}

function valueType(field: protobuf.Field): string {
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Enum) return 'number';
  if (resolved instanceof protobuf.Type) return typeName(resolved.fullName);
  const scalar = scalarTypes[field.type];
  if (scalar === undefined) throw new Error(`field ${field.fullName}: no type for ${field.type}`);
  return scalar;
}

function fieldType(field: protobuf.Field): string {
  const value = valueType(field);
  if (field.map) return `{ readonly [key: string]: ${value} }`;
  if (field.repeated) return `readonly ${value}[]`;
  return hasPresence(field) ? `${value} | undefined` : value;
}

function printMessage(type: protobuf.Type): string {
  const lines = type.fieldsArray.map(
    (field) => `  readonly ${field.name}: ${fieldType(field.resolve())};`,
  );
  return [`export interface ${typeName(type.fullName)} {`, ...lines, '}', ''].join('\n');
}

function printEnum(type: protobuf.Enum): string {
  const lines = Object.entries(type.values).map(([name, value]) => `  ${name}: ${value},`);
  return [`export const ${typeName(type.fullName)} = {`, ...lines, '} as const;', ''].join('\n');
}

function collect(
  namespace: protobuf.NamespaceBase,
  into: (protobuf.Type | protobuf.Enum)[],
): (protobuf.Type | protobuf.Enum)[] {
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobuf.Type || nested instanceof protobuf.Enum) into.push(nested);
    if (nested instanceof protobuf.Namespace) collect(nested, into);
  }
  return into;
}

function print(root: protobuf.Root): string {
  const all = collect(root, []).sort((a, b) =>
    typeName(a.fullName) < typeName(b.fullName) ? -1 : 1,
  );
  const names = all.map((each) => typeName(each.fullName));
  if (new Set(names).size !== names.length) throw new Error('two types have one name');
  const messages = all.filter((each) => each instanceof protobuf.Type);
  return [
    '// Made by scripts/proto-types.ts from the files in ../proto. Do not change it by hand.',
    '// Fields without presence hold their default when they are absent; the others are undefined.',
    '',
    ...all.map((each) => (each instanceof protobuf.Enum ? printEnum(each) : printMessage(each))),
    '/** Every message by its full protobuf name. */',
    'export interface MessageTypes {',
    ...messages.map((each) => `  '${each.fullName.slice(1)}': ${typeName(each.fullName)};`),
    '}',
    '',
  ].join('\n');
}

const text = print(loadProtocol());
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    throw new Error('messages.ts differs from the .proto files: run scripts/proto-types.ts');
  }
} else {
  writeFileSync(target, text);
}
