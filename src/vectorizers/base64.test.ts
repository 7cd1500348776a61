import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedBytes, checkedImage, imageBase64, isBase64 } from './base64.ts';

test('base64 has its padding, its alphabet and nothing else', () => {
  for (const bytes of [0, 1, 2, 3, 100, 101]) {
    const text = Buffer.alloc(bytes, 0xfb).toString('base64');
    assert.ok(isBase64(text), text);
    assert.deepEqual(checkedBytes(text), Buffer.alloc(bytes, 0xfb));
  }
  for (const text of ['a', 'ab', 'ab=', '====', 'a===', 'ab=c', 'ab c', 'ab-_', 'abc\n', 'é==='])
    assert.equal(isBase64(text), false, text);
  assert.equal(checkedBytes('ab-_'), undefined);
});

test('an image is base64, where it is allowed after the prefix of a data URI', () => {
  assert.equal(checkedImage('AAAA', 'x'), 'AAAA');
  assert.throws(() => checkedImage('', 'x'), { code: 'invalid-argument', message: 'x is empty' });
  assert.throws(() => checkedImage('data:image/png;base64,AAAA', 'x'), /leave out "data:image/);
  assert.equal(imageBase64('data:image/svg+xml;base64,AAAA', 'x'), 'AAAA');
  assert.throws(
    () => imageBase64('data:text/html;base64,AAAA', 'x'),
    /^DatabaseError: x is not base64/,
  );
  assert.throws(() => imageBase64('HTTPS://host/x.png', 'x'), /images are not fetched/);
});
