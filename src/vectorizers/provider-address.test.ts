import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress, withoutSlashes } from './provider-address.ts';

const read = (value: string) => readAddress(value, 'X');

test('an address is a local model, a URL, or a URL with a protocol and parameters', () => {
  const marking = { kind: 'default' };
  const kind = 'service';
  assert.deepEqual(read('local:minilm'), { kind: 'local', model: 'minilm' });
  assert.deepEqual(read('https://h:1/p/'), { kind, url: 'https://h:1/p', marking });
  assert.deepEqual(read('next-plaid+http://h/'), {
    kind,
    protocol: 'next-plaid',
    url: 'http://h',
    marking,
  });
  assert.deepEqual(read('vllm+http://h:8000?model=org/name&width=96&mark=none'), {
    kind,
    protocol: 'vllm',
    url: 'http://h:8000',
    model: 'org/name',
    width: 96,
    marking: { kind: 'none' },
  });
  assert.deepEqual(read('infinity+http://h?query_prefix=%5BQ%5D+').kind, kind);
  assert.deepEqual(read('infinity+http://h?query_prefix=%5BQ%5D+'), {
    kind,
    protocol: 'infinity',
    url: 'http://h',
    marking: { kind: 'prefix', query: '[Q] ', document: '' },
  });
});

test('slashes at the end do not count, however many there are', { timeout: 20_000 }, () => {
  assert.equal(withoutSlashes('http://h/a//'), 'http://h/a');
  assert.equal(withoutSlashes('//'), '');
  const many = '/'.repeat(1_000_000);
  assert.equal(withoutSlashes(`${many}a${many}`), `${many}a`);
});

test('what makes no sense is refused with the reason, without repeating the address', () => {
  const cases: readonly [string, RegExp][] = [
    ['tei+http://h', /^X: unknown protocol "tei"; known are vllm, next-plaid, infinity$/],
    ['vllm+ftp://h', /expected an http or https URL or local:MODEL, or vllm\+URL/],
    ['vllm+nowhere', /expected an http or https URL/],
    ['vllm+http://u:secret@h', /must not carry a user name or password/],
    ['vllm+http://h?modl=x', /unknown parameter "modl"; known are model, width, mark/],
    ['vllm+http://h?model=a&model=b', /"model" must have one value/],
    ['vllm+http://h?width=0', /"width" is "0"; allowed: whole numbers from 1 to 4096/],
    ['vllm+http://h?mark=maybe', /"mark" is "maybe"; allowed: server, none/],
    ['vllm+http://h?mark=none&query_prefix=q', /exclude each other/],
    ['next-plaid+http://h?model=m', /"model" has no place with next-plaid/],
    ['http://h?query_prefix=q', /"query_prefix" has no place with an address without a protocol/],
  ];
  for (const [address, message] of cases) {
    assert.throws(() => read(address), { code: 'invalid-argument', message });
    assert.throws(
      () => read(address),
      (error) => !String(error).includes('secret'),
    );
  }
});
