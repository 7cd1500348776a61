import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { findSources, formatOfName } from './sources.ts';

function folderWith(t: TestContext, names: readonly string[], content = 'x'): string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-sources-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function namesOf(paths: readonly string[]): Promise<readonly string[]> {
  const { sources, problems } = await findSources(paths);
  assert.deepEqual(problems, []);
  return sources.map(({ name, format }) => `${format} ${name}`);
}

describe('sources', () => {
  test('a folder gives the known files below it, named from there', async (t) => {
    const folder = folderWith(t, [
      'b.pdf',
      'a/c.PNG',
      'a/rows.csv.gz',
      'a/notes.txt',
      '.hidden.pdf',
      '.git/x.pdf',
      'pack.pdf.gz',
    ]);
    symlinkSync(folder, join(folder, 'a/loop'));
    assert.deepEqual(await namesOf([folder]), [
      'pages a/c.PNG',
      'csv a/rows.csv.gz',
      'pages b.pdf',
    ]);
  });

  test('a folder in BEIR form is its corpus', async (t) => {
    const folder = folderWith(t, [
      'set/corpus.jsonl',
      'set/queries.jsonl',
      'set/qrels.tsv',
      'x.pdf',
    ]);
    assert.deepEqual(await namesOf([folder]), ['jsonl set/corpus.jsonl', 'pages x.pdf']);
    assert.deepEqual(await namesOf([join(folder, 'set')]), ['jsonl set/corpus.jsonl']);
  });

  test('files of the same name get as much of their paths as tells them apart', async (t) => {
    const folder = folderWith(t, ['2023/q1/report.pdf', '2024/q1/report.pdf', 'other.pdf']);
    const paths = ['2023/q1/report.pdf', '2024/q1/report.pdf', 'other.pdf', '2023/q1/report.pdf'];
    assert.deepEqual(await namesOf(paths.map((path) => join(folder, path))), [
      'pages 2023/q1/report.pdf',
      'pages 2024/q1/report.pdf',
      'pages other.pdf',
    ]);
  });

  test('a named file without a known ending is told by its content, or is a problem', async (t) => {
    const pdf = folderWith(t, ['scan'], '%PDF-1.7 …');
    assert.deepEqual(await namesOf([join(pdf, 'scan')]), ['pages scan']);
    const other = folderWith(t, ['notes.txt']);
    const { sources, problems } = await findSources([
      join(other, 'notes.txt'),
      join(other, 'nowhere.pdf'),
    ]);
    assert.deepEqual(sources, []);
    assert.match(problems[0]?.message ?? '', /^there is no such file or folder$/);
    assert.match(problems[1]?.message ?? '', /^not a known kind of file: pdf, /);
  });

  test('only rows may be packed', () => {
    assert.equal(formatOfName('a.jsonl.gz'), 'jsonl');
    assert.equal(formatOfName('a.constructor'), undefined);
    assert.equal(formatOfName('a.parquet.gz'), undefined);
  });
});
