// What the schema knows of one vectorizer module.

import type { JsonObject } from '../collection-config.ts';
import type { SettingFields } from './setting-fields.ts';

/** Fields of a module's settings with their defaults, and how they go together. */
export interface ModuleRow {
  readonly makesMultiVectors: boolean;
  /** A collection must say something: it can't be the module of one that says nothing. */
  readonly needsSettings?: boolean;
  readonly fields: SettingFields;
  /** Settings that each text property gets when it doesn't bring its own. */
  readonly property?: JsonObject;
  /** Throws when the settings, one by one right, don't go together. */
  readonly check?: (settings: JsonObject, where: string) => void;
}

/** What a text property says about a module that reads all text. */
export const propertySettings: JsonObject = { skip: false, vectorizePropertyName: false };
