import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSettings } from './migrate-settings.ts';

function settings(...args: readonly string[]): Exclude<ReturnType<typeof readSettings>, string> {
  const read = readSettings(args);
  assert(typeof read !== 'string', String(read));
  return read;
}

describe('the arguments of migrate', () => {
  test('say a source, and what is meant where they say no more', () => {
    const { source, data, url, collections, batchMax, sample, mode } = settings('https://a.b/c');
    assert.equal(source.href, 'https://a.b/c');
    const rest = { data, url, collections, batchMax, sample, mode };
    assert.deepEqual(rest, {
      ...{ data: 'data', url: undefined, collections: undefined },
      ...{ batchMax: 256, sample: 100, mode: 'copy' },
    });
  });

  test('name collections, tenants, headers and keys', () => {
    const { collections, tenants, sourceHeaders } = settings(
      ...['http://a', '--collection', 'A', '--collection', 'B', '--tenant', 't'],
      ...['--api-key', 'k', '--header', 'X-OpenAI-Api-Key: s:1', '--header', 'b:c'],
    );
    assert.deepEqual(collections, ['A', 'B']);
    assert.deepEqual(tenants, ['t']);
    const headers = { authorization: 'Bearer k', 'x-openai-api-key': 's:1', b: 'c' };
    assert.deepEqual(sourceHeaders, headers);
  });

  test('never show a key, also where it can’t be one', () => {
    assert.equal(
      settings('http://a', '--api-key', 'k\n').sourceHeaders['authorization'],
      'Bearer k',
    );
    assert.equal(settings('http://a', '--url', 'http://c', '--key', ' k\r\n').key, 'k');
    for (const [args, reason] of [
      [['--api-key', 'se\ncret'], 'the key of --api-key has characters that no header can have'],
      [['--key', 'se–cret'], 'the key of --key has characters that no header can have'],
      [['--header', 'X-Key=secret'], '--header "X-Key" is not NAME:VALUE'],
      [['--header', 'X-Key: se\ncret'], '--header "X-Key" is not NAME:VALUE'],
      [['--header', 'X-Key-Bin: secret'], '--header "X-Key-Bin" is not NAME:VALUE'],
    ] as const) {
      assert.equal(readSettings(['http://a', ...args]), reason);
    }
  });

  test('are refused with what is wrong', () => {
    for (const [args, reason] of [
      [[], 'expected one URL, got none'],
      [['http://a', 'http://b'], 'expected one URL, got http://a http://b'],
      [['localhost:8080'], '"localhost:8080" is no URL, as http://127.0.0.1:8080'],
      [['http://a', '--url', 'b'], '--url: "b" is no URL, as http://127.0.0.1:8080'],
      [['http://a:b@c'], 'a URL has no name and password here'],
      [['http://a', '--grpc', 'b:1'], '--grpc goes with --url'],
      [['http://a', '--data', 'b', '--url', 'http://c'], 'either --data or --url'],
      [['http://a', '--header', 'b'], '--header "b" is not NAME:VALUE'],
      [['http://a', '--batch', '0'], '--batch is 0; allowed: whole numbers from 1 to 9999'],
      [['http://a', '--sample', 'all'], '--sample is all; allowed: whole numbers from 0 to 999999'],
      [['http://a', '--verify-only', '--dry-run'], 'either --verify-only or --dry-run'],
    ] as const) {
      assert.equal(readSettings(args), reason);
    }
  });
});
