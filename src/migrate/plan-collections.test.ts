import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planCollections } from './plan-collections.ts';

const options = { withoutModules: false, replaces: true, tenants: undefined };

function classOf(tokenization: string) {
  return {
    class: 'Notes',
    multiTenancyConfig: { enabled: true },
    properties: [{ name: 'text', dataType: ['text'], tokenization }],
    vectorConfig: { v: { vectorizer: { none: {} }, vectorIndexType: 'hnsw' } },
  };
}

test('a collection that differs is made anew when asked, but not for some of its tenants', () => {
  const [wanted, there] = [[classOf('word')], [classOf('field')]];
  const whole = planCollections(wanted, there, options);
  assert.deepEqual(
    whole.plans.map(({ kind }) => kind),
    ['remake'],
  );
  const part = planCollections(wanted, there, { ...options, tenants: ['ada'] });
  assert.deepEqual(part.plans, []);
  assert.match(part.problems.join(), /^Notes: is there already and differs: .*all of its tenants/);
  const same = planCollections(wanted, wanted, { ...options, tenants: ['ada'] });
  assert.deepEqual(
    same.plans.map(({ kind }) => kind),
    ['there'],
  );
});
