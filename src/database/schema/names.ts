// The rules for names that users give: collections, properties, vectors, tenants. Everything that
// stores or looks up by such a name goes through here first.

import { DatabaseError } from '../../engine/errors.ts';
import { show } from './setting-fields.ts';

const collectionRule = /^[A-Z][_0-9A-Za-z]{0,254}$/;
const propertyRule = /^[_A-Za-z][_0-9A-Za-z]{0,230}$/;
/** With hyphens: the reference refuses them on creation, takes them on update, and clients use them. */
const vectorRule = /^[_A-Za-z][-_0-9A-Za-z]{0,229}$/;
const tenantRule = /^[-_0-9A-Za-z]{1,64}$/;
const reservedProperties: ReadonlySet<string> = new Set(['id', '_id', '_additional', '__proto__']);

/** The name under which a collection or alias is kept: a lower-case ASCII first letter is raised. */
export function capitalized(name: string): string {
  return /^[a-z]/.test(name) ? name.charAt(0).toUpperCase() + name.slice(1) : name;
}

/** The kept name of a collection or alias; throws 'invalid-argument' for a name that breaks the rule. */
export function collectionName(given: string): string {
  const name = capitalized(given);
  if (!collectionRule.test(name)) throw invalidName('collection', given, collectionRule);
  return name;
}

/** The name under which a property is kept: an upper-case ASCII first letter is lowered. */
export function uncapitalized(name: string): string {
  return /^[A-Z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

/** The kept name of a property; throws 'invalid-argument' for a bad or reserved name. */
export function propertyName(given: string): string {
  const name = uncapitalized(given);
  if (!propertyRule.test(name)) throw invalidName('property', given, propertyRule);
  if (reservedProperties.has(name)) {
    throw new DatabaseError('invalid-argument', {
      message: `'${given}' is a reserved property name; reserved are ${[...reservedProperties].join(', ')}`,
    });
  }
  return name;
}

/** The name of a property inside an object property: same letters, no reserved words, kept as given. */
export function nestedPropertyName(given: string): string {
  if (!propertyRule.test(given) || given === '__proto__') {
    throw invalidName('nested property', given, propertyRule);
  }
  return given;
}

/** The name of a named vector, kept as given; throws 'invalid-argument'. */
export function vectorName(given: string): string {
  if (!vectorRule.test(given) || given === '__proto__') {
    throw invalidName('vector', given, vectorRule);
  }
  return given;
}

/** The name of a tenant, kept as given; throws 'invalid-argument'. */
export function tenantName(given: string): string {
  if (!tenantRule.test(given)) throw invalidName('tenant', given, tenantRule);
  return given;
}

function invalidName(what: string, given: string, rule: RegExp): DatabaseError {
  return new DatabaseError('invalid-argument', {
    message: `${show(given)} is not a valid ${what} name; ${what} names match ${rule.source} and are not __proto__`,
  });
}
