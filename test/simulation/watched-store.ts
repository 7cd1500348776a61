// A store that tells what is done with it: for tests of stores that fail or are slow.

import type { ObjectStore } from '../../src/storage/object-store.ts';

/** Calls the listener before each call; what it throws fails the call, what it waits for delays it. */
export function watchedStore(
  inner: ObjectStore,
  listener: (call: keyof ObjectStore, key: string) => unknown,
): ObjectStore {
  return {
    async put(key, ...others) {
      await listener('put', key);
      return await inner.put(key, ...others);
    },
    async get(key, ...others) {
      await listener('get', key);
      return await inner.get(key, ...others);
    },
    async open(key) {
      await listener('open', key);
      return await inner.open(key);
    },
    async list(prefix) {
      await listener('list', prefix);
      return await inner.list(prefix);
    },
    async delete(key) {
      await listener('delete', key);
      await inner.delete(key);
    },
  };
}
