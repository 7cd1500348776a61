// The memory store under the suite of every object store.

import { describeObjectStore } from '../../test/contract/object-store.ts';
import { MemoryStore } from './memory-store.ts';

describeObjectStore('MemoryStore', { open: async () => new MemoryStore() });
