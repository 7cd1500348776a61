// Names of fields, and names for the types of a schema: a collection's type has the collection's name, because clients write it
// in fragments, and all others get names that no collection has. Types that every schema has end in Obj or
// Enum, or are scalars; names that are made here for others never do.

const fixed = /^(Int|Float|String|Boolean|ID|WholeNumber|AnyValue|Vector)$|(Obj|Enum)$/;

/** Hands out each name once. */
export class TypeNames {
  readonly #taken: Set<string>;

  /** `reserved`: names of collections. */
  constructor(reserved: Iterable<string>) {
    this.#taken = new Set(reserved);
  }

  /** The name of a collection's type: another one where types that every schema has may be called so. */
  ofCollection(name: string): string {
    return fixed.test(name) ? this.unique(`${name}Class`) : name;
  }

  /** The wanted name, with a number where there is such a type already. */
  unique(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted}${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** Whether GraphQL can ask for it: names that begin with two underscores are its own, and none has a hyphen. */
export function isFieldName(name: string): boolean {
  return /^[_A-Za-z][_0-9A-Za-z]*$/.test(name) && !name.startsWith('__') && name !== '_additional';
}
