// What differs between an object here and there, in words: properties value by value, references, every
// vector element by element.

import type { Properties } from '../engine/document.ts';
import { beaconsOf } from './property-values.ts';
import type { StoredObject, VectorBytes } from './stored-object.ts';

/** Nothing where both are the same. At most one difference of each property and vector. */
export function objectDifferences(
  source: StoredObject,
  destination: StoredObject,
  references: ReadonlySet<string>,
): readonly string[] {
  return [
    ...(source.createdAt === destination.createdAt ? [] : ['creation time']),
    ...(source.updatedAt === destination.updatedAt ? [] : ['time of the last change']),
    ...propertyDifferences(source.properties, destination.properties, references),
    ...vectorDifferences(source.vectors, destination.vectors),
  ];
}

function propertyDifferences(
  source: Properties,
  destination: Properties,
  references: ReadonlySet<string>,
): readonly string[] {
  const names = new Set([...Object.keys(source), ...Object.keys(destination)]);
  return [...names].flatMap((name) => {
    const [ours, theirs] = [source[name], destination[name]];
    const isSame = references.has(name)
      ? isEqual(beaconsOf(ours).map(withoutHost), beaconsOf(theirs).map(withoutHost))
      : isEqual(ours, theirs);
    return isSame ? [] : [`property ${name}: ${shown(ours)} there, ${shown(theirs)} here`];
  });
}

/** The host of a beacon says nothing. */
function withoutHost(beacon: string): string {
  return beacon.replace(/^weaviate:\/\/[^/]*\//, '');
}

/** Servers write coordinates as 32-bit floats and fractions of seconds in their own ways. */
function isEqual(a: unknown, b: unknown, areFloats = false): boolean {
  if (a === b) return true;
  if (typeof a === 'number' && typeof b === 'number') {
    return areFloats && Math.fround(a) === Math.fround(b);
  }
  if (typeof a === 'string' && typeof b === 'string') return isSameTime(a, b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const [ours, theirs] = [a as Properties, b as Properties];
  const isPlace =
    names.length === 2 && Object.hasOwn(a, 'latitude') && Object.hasOwn(a, 'longitude');
  return names.every((name) => isEqual(ours[name], theirs[name], isPlace));
}

const time = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function isSameTime(a: string, b: string): boolean {
  const [ours, theirs] = [time.exec(a), time.exec(b)];
  if (!ours || !theirs) return false;
  const fraction = (text = ''): string => text.replace(/^\.|0+$/g, '');
  if (fraction(ours[3]) !== fraction(theirs[3])) return false;
  const whole = ([, day, clock, , zone]: RegExpExecArray): number =>
    Date.parse(`${day}T${clock}${zone}`.toUpperCase());
  return whole(ours) === whole(theirs);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

function vectorDifferences(
  source: StoredObject['vectors'],
  destination: StoredObject['vectors'],
): readonly string[] {
  const names = new Set([...source.keys(), ...destination.keys()]);
  return [...names].flatMap((name) => {
    const difference = vectorDifference(source.get(name), destination.get(name));
    return difference === undefined
      ? []
      : [`${name === '' ? 'vector' : `vector ${name}`}: ${difference}`];
  });
}

function vectorDifference(
  a: VectorBytes | undefined,
  b: VectorBytes | undefined,
): string | undefined {
  if (!a) return 'only here';
  if (!b) return 'only there';
  if (a.kind !== b.kind) return `${a.kind} there, ${b.kind} here`;
  if (a.bytes.length !== b.bytes.length)
    return `${a.bytes.length} bytes there, ${b.bytes.length} bytes here`;
  if (Buffer.compare(a.bytes, b.bytes) === 0) return undefined;
  const at = a.bytes.findIndex((byte, index) => byte !== b.bytes[index]);
  const start = a.kind === 'multi' ? 2 : 0;
  return at < start ? 'other dimensions' : `other from number ${Math.floor((at - start) / 4)} on`;
}
