// What the bodies and replies of generating services have in common: settings under the names of each
// service, images, and the text in a reply.

import { isRecord } from '../vectorizers/http-provider.ts';
import type { ModuleRequest, ServiceRow } from '../vectorizers/module-service.ts';
import type { GeneratedText, GenerateTask, TokenUsage } from './generator.ts';

type Settings = Readonly<Record<string, unknown>>;

/** One prompt, with the settings of the collection and of the query put together. */
export interface Ask {
  readonly task: GenerateTask;
  readonly settings: Settings;
  /** Without a slash at the end. */
  readonly url: string;
  readonly model: string;
}

/** How one service is spoken to. */
export interface GeneratorRow extends ServiceRow {
  /** The model when nobody names one; empty: the address has it. */
  readonly model: string;
  /** Whether prompts may have images. */
  readonly images: boolean;
  readonly request: (ask: Ask) => ModuleRequest;
  /** Undefined where there is no text in it. */
  readonly read: (reply: unknown) => GeneratedText | undefined;
}

/** A setting; clients wrote some of them with `Property` behind the name. */
export function settingOf(settings: Settings, name: string): unknown {
  return settings[name] ?? settings[`${name}Property`] ?? undefined;
}

/** A setting that is a text with something in it. */
export function textSettingOf(settings: Settings, name: string): string | undefined {
  const value = settingOf(settings, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The settings that there are, each under the name that the service has for it. */
export function renamed(
  settings: Settings,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, wire]) => {
      const value = settingOf(settings, name);
      return value === undefined ? [] : [[wire, value]];
    }),
  );
}

const imageStarts: Readonly<Record<string, string>> = {
  iVBOR: 'image/png',
  R0lG: 'image/gif',
  UklG: 'image/webp',
};

/** What kind of image base64 is, by its first bytes; JPEG unless it is another one that is known. */
export function mediaType(base64: string): string {
  const start = Object.keys(imageStarts).find((known) => base64.startsWith(known));
  return (start && imageStarts[start]) ?? 'image/jpeg';
}

/** A value inside a JSON reply, by names and positions; undefined when there is none. */
export function at(reply: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined;
    return isRecord(value) ? value[step] : undefined;
  }, reply);
}

/** A text, or texts in a list of parts, one after the other; undefined for anything else. */
export function textIn(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => at(part, 'text')).filter((text) => typeof text === 'string');
  return texts.length > 0 ? texts.join('') : undefined;
}

/** A text with what it cost; numbers that are none are left out. */
export function generated(
  text: string | undefined,
  usage: { readonly [Name in keyof TokenUsage]: unknown },
): GeneratedText | undefined {
  if (text === undefined) return undefined;
  const counts = Object.entries(usage).filter(([, count]) => Number.isFinite(count));
  return counts.length === 0 ? { text } : { text, usage: Object.fromEntries(counts) };
}
