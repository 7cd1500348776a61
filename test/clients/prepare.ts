// Makes what the journeys of clients and tools need, one after the other: `npm test` starts it beside the
// unit tests, which leave processors idle. What can't be made is said by the test that needs it.

import { goProgram, hasGo } from './go.ts';
import { hasJava, javaProgram } from './java.ts';
import { hasPython, pythonMinorOfTools, pythonWithClient, pythonWithTools } from './python.ts';
import { hasNpm, toolCommand } from './tools-js.ts';

const makers = [
  async () => (await hasPython()) && (await pythonWithClient()),
  async () => (await hasGo()) && (await goProgram()),
  async () => (await hasPython(pythonMinorOfTools)) && (await pythonWithTools()),
  async () => (await hasNpm()) && (await toolCommand('')),
  async () => (await hasJava()) && (await javaProgram('new')),
  async () => (await hasJava()) && (await javaProgram('old')),
];
for (const make of makers) {
  try {
    await make();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  }
}
