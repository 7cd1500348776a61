// From a collection's settings and a query's to a generator: which module, and where its service is.

import { DatabaseError } from '../engine/errors.ts';
import { providerError } from '../vectorizers/http-provider.ts';
import {
  callService,
  findService,
  type ModuleInfo,
  moduleList,
  type ServiceSettings,
} from '../vectorizers/module-service.ts';
import { isAzure } from '../vectorizers/single/azure.ts';
import { type GeneratorRow, textSettingOf } from './chat-request.ts';
import { azureRow, chatRows } from './chat-services.ts';
import type { Generator, GeneratorConfig } from './generator.ts';
import { googleServiceRow, otherRows } from './other-services.ts';

/** Throws DatabaseError for an unknown module or settings that it can't work with. */
export type MakeGenerator = (config: GeneratorConfig) => Generator;

/** Says what it was asked, for tests of what is built on generation. */
const dummy: Generator = {
  module: 'generative-dummy',
  generate: async ({ prompt }) => ({
    text: `You want me to generate something based on the following prompt: ${prompt}. With settings: . I'm sorry, I'm just a dummy and can't generate anything.`,
  }),
};

/** Makes the generators of a database. */
export function createGenerators(operator: ServiceSettings): MakeGenerator {
  return (config) => {
    if (config.module === 'generative-dummy') return dummy;
    const settings = { ...config.settings, ...config.ofQuery };
    const row = rowOf(config.module, settings);
    return createServiceGenerator(config, row, settings, operator);
  };
}

/** What clients are told of each module. */
export function generatorInfo(): Readonly<Record<string, ModuleInfo>> {
  const rows = [...Object.entries(chatRows), ...Object.entries(otherRows)];
  const services = rows.map(([module, { service }]) => [module, service]);
  const own = [
    ['generative-google', 'Google'],
    ['generative-dummy', 'dummy'],
  ];
  return moduleList('Generative Search', [...own, ...services]);
}

function rowOf(module: string, settings: Readonly<Record<string, unknown>>): GeneratorRow {
  if (module === 'generative-openai' && isAzure({ settings })) return azureRow(settings);
  if (module === 'generative-google' || module === 'generative-palm') {
    return googleServiceRow(settings);
  }
  const row = chatRows[module] ?? otherRows[module];
  if (row) return row;
  const known = [...Object.keys(chatRows), ...Object.keys(otherRows), 'generative-google'];
  throw new DatabaseError('invalid-argument', {
    message: `no generative module with name "${module}"; known are ${[...known, 'generative-dummy'].join(', ')}`,
  });
}

function createServiceGenerator(
  config: GeneratorConfig,
  row: GeneratorRow,
  settings: Readonly<Record<string, unknown>>,
  operator: ServiceSettings,
): Generator {
  const { module } = config;
  const place = findService(row, { ...config, ...hostsAsUrls(row, config) }, operator);
  if (place.kind === 'local') {
    throw providerError(`${module}: ${place.model} is a model that embeds, it writes no texts`);
  }
  const own = textSettingOf(settings, 'model') ?? textSettingOf(settings, 'modelId') ?? row.model;
  const model = place.model ?? own;
  return {
    module,
    generate: async (task, options) => {
      if (task.images.length > 0 && !row.images) {
        throw providerError(`${module}: images can't be sent to ${row.service}`);
      }
      const request = row.request({ task, settings, url: place.url, model });
      const reply = await callService(row, place, request, operator, options);
      const text = row.read(reply);
      if (text === undefined) throw providerError(`${row.service}: there is no text in the reply`);
      return text;
    },
  };
}

/** Google's address is a host in the settings. */
function hostsAsUrls(
  { service, field }: GeneratorRow,
  { settings, ofQuery }: GeneratorConfig,
): Pick<GeneratorConfig, 'settings' | 'ofQuery'> {
  const whole = (given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const host = given[field];
    const isHost = typeof host === 'string' && host !== '' && !host.includes('://');
    return isHost ? { ...given, [field]: `https://${host}` } : given;
  };
  return service === 'Google'
    ? { settings: whole(settings), ofQuery: whole(ofQuery) }
    : { settings, ofQuery };
}
