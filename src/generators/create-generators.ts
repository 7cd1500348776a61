// From a collection's settings and a query's to a generator: which module, and where its service is.

import { DatabaseError } from '../engine/errors.ts';
import type { Generator, GeneratorConfig } from './generator.ts';

/** Throws DatabaseError 'invalid-argument' for an unknown module or settings that it can't work with. */
export type MakeGenerator = (config: GeneratorConfig) => Generator;

/** Says what it was asked, for tests of what is built on generation. */
const dummy: Generator = {
  module: 'generative-dummy',
  generate: async ({ prompt }) => ({
    text: `You want me to generate something based on the following prompt: ${prompt}. With settings: . I'm sorry, I'm just a dummy and can't generate anything.`,
  }),
};

/** Makes the generators of a database. */
export function createGenerators(): MakeGenerator {
  return (config) => {
    if (config.module === 'generative-dummy') return dummy;
    throw new DatabaseError('invalid-argument', {
      message: `no generative module with name "${config.module}"`,
    });
  };
}
