// The memory log under the suite of every log.

import { describeLog } from '../../test/contract/log.ts';
import { MemoryLog } from './memory-log.ts';

describeLog('MemoryLog', { open: async () => new MemoryLog() });
