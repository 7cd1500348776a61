import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MetricsRegistry } from './registry.ts';

describe('metrics as text', () => {
  test('counters, gauges and histograms have HELP, TYPE and their series', () => {
    const registry = new MetricsRegistry();
    const written = registry.counter('written_total', 'Objects written.');
    written.add({ collection: 'Pages' }, 2);
    written.add({ collection: 'Pages' });
    written.add({ collection: 'Notes' }, 0);
    registry.gauge('objects', 'Objects.', () => [
      { labels: {}, value: 1.5 },
      { labels: { state: 'live' }, value: Infinity },
    ]);
    const seconds = registry.histogram('seconds', 'Seconds of calls.', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.7, 5]) seconds.observe({ kind: 'vector' }, value);
    assert.equal(
      registry.text(),
      `# HELP written_total Objects written.
# TYPE written_total counter
written_total{collection="Pages"} 3
written_total{collection="Notes"} 0
# HELP objects Objects.
# TYPE objects gauge
objects 1.5
objects{state="live"} +Inf
# HELP seconds Seconds of calls.
# TYPE seconds histogram
seconds_bucket{kind="vector",le="0.1"} 2
seconds_bucket{kind="vector",le="1"} 3
seconds_bucket{kind="vector",le="+Inf"} 4
seconds_sum{kind="vector"} 5.85
seconds_count{kind="vector"} 4
`,
    );
  });

  test('what ends a label or a line is escaped', () => {
    const registry = new MetricsRegistry();
    registry.counter('odd_total', 'a\\b\nc "d"').add({ name: 'a\\b\nc "d"' });
    assert.equal(
      registry.text(),
      '# HELP odd_total a\\\\b\\nc "d"\n# TYPE odd_total counter\n' +
        'odd_total{name="a\\\\b\\nc \\"d\\""} 1\n',
    );
  });

  test('a histogram without labels, and families without series', () => {
    const registry = new MetricsRegistry();
    registry.histogram('waits', 'Waits.', [1]).observe({}, 2);
    registry.counter('nothing_total', 'Nothing.');
    assert.equal(
      registry.text(),
      '# HELP waits Waits.\n# TYPE waits histogram\nwaits_bucket{le="1"} 0\n' +
        'waits_bucket{le="+Inf"} 1\nwaits_sum 2\nwaits_count 1\n',
    );
  });

  test('series of a label are forgotten, others stay', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter('written_total', 'Written.');
    counter.add({ collection: 'Gone' });
    counter.add({ collection: 'Here' });
    counter.forget('collection', 'Gone');
    assert.deepEqual(counter.lines(), ['written_total{collection="Here"} 1\n']);
  });

  test('a counter never falls, a name stands once', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter('a_total', 'A.');
    assert.throws(() => counter.add({}, -1), /only grows/);
    assert.throws(() => registry.counter('a_total', 'A.'), /added once/);
    assert.throws(() => registry.counter('a-b', 'A.'), /name for a metric/);
  });
});
