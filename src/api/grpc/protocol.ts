// Loads the .proto files and hands out typed encoders and decoders of their messages.

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import type { MessageTypes } from './generated/messages.ts';

/** A message to encode; every field may be left out. */
export type MessageInit<T> = T extends Uint8Array | string | number | boolean
  ? T
  : T extends readonly (infer Element)[]
    ? readonly MessageInit<Element>[]
    : { readonly [Key in keyof T]?: MessageInit<T[Key]> };

/** Bytes to message and back, for one kind of message. */
export interface Codec<T> {
  /**
   * Fields of type bytes are views of `bytes`, not copies. Throws an Error for bytes that are not
   * such a message.
   */
  decode(bytes: Uint8Array): T;
  encode(message: MessageInit<T>): Buffer;
}

/** Parses the .proto files; field names stay as they are written there. */
export function loadProtocol(): protobuf.Root {
  // 64-bit numbers become plain numbers: sizes, counts and times here stay far below 2^53.
  (protobuf.util as { Long: unknown }).Long = null;
  protobuf.configure();
  const root = new protobuf.Root();
  const files = ['weaviate.proto', 'health.proto', 'health_weaviate.proto'];
  root.loadSync(
    files.map((file) => fileURLToPath(new URL(`./proto/${file}`, import.meta.url))),
    { keepCase: true },
  );
  root.resolveAll();
  return root;
}

let loaded: protobuf.Root | undefined;

/**
 * A function that gives the codec of a message by its full name. Decoders and encoders are made when
 * they are first used, once in a process.
 */
export function openCodecs(): <Name extends keyof MessageTypes>(
  name: Name,
) => Codec<MessageTypes[Name]> {
  loaded ??= readable(loadProtocol());
  const root = loaded;
  return <Name extends keyof MessageTypes>(name: Name): Codec<MessageTypes[Name]> => {
    const type = root.lookupType(name);
    return {
      decode: (bytes) => type.decode(bytes) as unknown as MessageTypes[Name],
      encode: (message) => Buffer.from(type.encode(message as protobuf.Message).finish()),
    };
  };
}

/** True when an absent value differs from a default one: messages, oneof members, `optional`. */
export function hasPresence(field: protobuf.Field): boolean {
  if (field.repeated || field.map) return false;
  return field.hasPresence || field.resolvedType instanceof protobuf.Type;
}

function readable(root: protobuf.Root): protobuf.Root {
  readAbsentAsUndefined(root);
  return root;
}

/** Without this an absent optional field reads as its default and cannot be told from a sent one. */
function readAbsentAsUndefined(namespace: protobuf.NamespaceBase): void {
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobuf.Type) {
      for (const field of nested.fieldsArray) {
        if (hasPresence(field.resolve())) {
          (nested.ctor.prototype as Record<string, unknown>)[field.name] = undefined;
        }
      }
    }
    if (nested instanceof protobuf.Namespace) readAbsentAsUndefined(nested);
  }
}
