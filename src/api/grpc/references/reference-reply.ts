// The objects that hits refer to, as parts of a reply. What is referred to and gone is left out.

import { referencesOf } from '../../../database/references/reference.ts';
import type { Document } from '../../../engine/document.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import { referencedObjectsMax } from '../../../engine/limits.ts';
import type { PropertiesResult, RefPropertiesResult } from '../generated/messages.ts';
import { encodeProperties } from '../property-reply.ts';
import type { MessageInit } from '../protocol.ts';
import { encodeMetadata, showsVectors } from './object-metadata.ts';
import type { ReferenceSelection } from './reference-selection.ts';

type ReferenceParts = Pick<MessageInit<PropertiesResult>, 'ref_props' | 'ref_props_requested'>;

/** Makes the reference parts of one reply: an object that several hits refer to is read once. */
export class ReferenceEncoder {
  readonly #encoded = new Map<ReferenceSelection, Map<string, Encoded | undefined>>();
  #shown = 0;

  /**
   * A property that the object does not have is left out; one that leads nowhere is empty. Throws
   * 'invalid-argument' when the whole reply would show more than `referencedObjectsMax` objects.
   */
  encode(document: Document, selections: readonly ReferenceSelection[]): ReferenceParts {
    const { parts, objects } = this.#parts(document, selections);
    this.#shown += objects;
    if (this.#shown <= referencedObjectsMax) return parts;
    const message = `references: the reply would show more than ${referencedObjectsMax} objects that others refer to; ask for fewer hits, or follow references less deep`;
    throw new DatabaseError('invalid-argument', { message });
  }

  #parts(document: Document, selections: readonly ReferenceSelection[]): Counted<ReferenceParts> {
    if (selections.length === 0) return { parts: {}, objects: 0 };
    let objects = 0;
    const found: MessageInit<RefPropertiesResult>[] = [];
    for (const selection of selections) {
      const { property, names } = selection;
      if (!Object.hasOwn(document.properties, property)) continue;
      const all = referencesOf(document.properties[property])
        .filter(({ collection }) => names.includes(collection))
        .map(({ uuid }) => this.#object(uuid, selection))
        .filter((object) => object !== undefined);
      for (const each of all) objects += each.objects;
      found.push({ prop_name: property, properties: all.map(({ parts }) => parts) });
    }
    const parts = { ref_props_requested: true, ...(found.length > 0 && { ref_props: found }) };
    return { parts, objects };
  }

  #object(uuid: string, selection: ReferenceSelection): Encoded | undefined {
    let known = this.#encoded.get(selection);
    if (!known) {
      known = new Map();
      this.#encoded.set(selection, known);
    }
    if (!known.has(uuid)) known.set(uuid, this.#encodeObject(uuid, selection));
    return known.get(uuid);
  }

  /** Undefined where the object is gone. */
  #encodeObject(uuid: string, selection: ReferenceSelection): Encoded | undefined {
    const { target, properties, metadata, references } = selection;
    const document = target?.get(uuid, { vectors: showsVectors(metadata) });
    if (!target || !document) return undefined;
    const { parts, objects } = this.#parts(document, references);
    const message = {
      target_collection: target.name,
      metadata: encodeMetadata(document, metadata),
      ...(properties.length > 0 && {
        non_ref_props: encodeProperties(document.properties, properties),
      }),
      ...parts,
    };
    return { parts: message, objects: objects + 1 };
  }
}

/** Parts of a reply with how many objects stand in them, those inside others too. */
interface Counted<T> {
  readonly parts: T;
  readonly objects: number;
}
type Encoded = Counted<MessageInit<PropertiesResult>>;
