// The objects that hits refer to, as parts of a reply. What is referred to and gone is left out.

import { referencesOf } from '../../../database/references/reference.ts';
import type { Document } from '../../../engine/document.ts';
import type { PropertiesResult, RefPropertiesResult } from '../generated/messages.ts';
import { encodeProperties } from '../property-reply.ts';
import type { MessageInit } from '../protocol.ts';
import { encodeMetadata, showsVectors } from './object-metadata.ts';
import type { ReferenceSelection } from './reference-selection.ts';

type ReferenceParts = Pick<MessageInit<PropertiesResult>, 'ref_props' | 'ref_props_requested'>;

/** Makes the reference parts of one reply: an object that several hits refer to is encoded once. */
export class ReferenceEncoder {
  readonly #encoded = new Map<ReferenceSelection, Map<string, Encoded>>();

  /** A property that the object does not have is left out; one that leads nowhere is empty. */
  encode(document: Document, selections: readonly ReferenceSelection[]): ReferenceParts {
    if (selections.length === 0) return {};
    const parts: MessageInit<RefPropertiesResult>[] = [];
    for (const selection of selections) {
      const { property } = selection;
      if (!Object.hasOwn(document.properties, property)) continue;
      const name = selection.target?.name;
      const properties = referencesOf(document.properties[property])
        .filter(({ collection }) => collection === name)
        .map(({ uuid }) => this.#object(uuid, selection))
        .filter((object) => object !== undefined);
      parts.push({ prop_name: property, properties });
    }
    return { ref_props_requested: true, ...(parts.length > 0 && { ref_props: parts }) };
  }

  #object(uuid: string, selection: ReferenceSelection): Encoded {
    let known = this.#encoded.get(selection);
    if (!known) {
      known = new Map();
      this.#encoded.set(selection, known);
    }
    if (!known.has(uuid)) known.set(uuid, this.#encodeObject(uuid, selection));
    return known.get(uuid);
  }

  #encodeObject(uuid: string, selection: ReferenceSelection): Encoded {
    const { target, properties, metadata, references } = selection;
    const document = target?.get(uuid, { vectors: showsVectors(metadata) });
    if (!target || !document) return undefined;
    return {
      target_collection: target.name,
      metadata: encodeMetadata(document, metadata),
      ...(properties.length > 0 && {
        non_ref_props: encodeProperties(document.properties, properties),
      }),
      ...this.encode(document, references),
    };
  }
}

/** Undefined where the object is gone. */
type Encoded = MessageInit<PropertiesResult> | undefined;
