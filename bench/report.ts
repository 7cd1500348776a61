// Figures of a benchmark: printed as tables when a section is finished, kept as JSON to compare runs.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';

/** One measured value; its unit is in the column's name. */
export interface Figure {
  readonly section: string;
  readonly row: string;
  readonly column: string;
  readonly value: number;
}

/** A file of figures: what several runs with the same file gave, the latest of each. */
export interface ReportFile {
  /** What was measured on, and when. */
  readonly facts: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

export interface ReportOptions {
  /** Where figures are kept; those of the same name that it holds are replaced. */
  readonly file?: string | undefined;
  /** Hears what is printed. */
  readonly print: (text: string) => void;
}

/** Collects figures. */
export class Report {
  readonly figures: Figure[] = [];
  readonly #facts: Record<string, string> = {};
  readonly #options: ReportOptions;
  #printed = 0;

  constructor(options: ReportOptions) {
    this.#options = options;
    const { version } = process;
    const machine = `${cpus().length} cores of ${cpus()[0]?.model}, Node ${version}`;
    this.fact('machine', machine);
    this.fact('date', new Date().toISOString().slice(0, 16));
    this.fact('load at the start', loadWords());
  }

  /** Something in words that holds for the run. */
  fact(name: string, words: string): void {
    this.#facts[name] = words;
    this.#options.print(`${name}: ${words}\n`);
  }

  /** Figures of one row. Values that are not known are left out. */
  row(section: string, row: string, values: Readonly<Record<string, number | undefined>>): void {
    for (const [column, value] of Object.entries(values)) {
      if (value !== undefined && !Number.isNaN(value)) {
        this.figures.push({ section, row, column, value });
      }
    }
  }

  /** Prints what is new and writes the file. */
  flush(): void {
    const added = this.figures.slice(this.#printed);
    this.#printed = this.figures.length;
    for (const section of new Set(added.map((figure) => figure.section))) {
      this.#options.print(`\n${tableOf(section, added)}`);
    }
    const { file } = this.#options;
    if (file === undefined) return;
    this.#facts['load at the end'] = loadWords();
    const before = existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as ReportFile)
      : { facts: {}, figures: [] };
    const facts = { ...before.facts, ...this.#facts };
    const figures = latest([...before.figures, ...this.figures]);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ facts, figures }, undefined, 1)}\n`);
  }
}

function loadWords(): string {
  return loadavg()
    .map((one) => one.toFixed(1))
    .join(' ');
}

function latest(figures: readonly Figure[]): Figure[] {
  const byName = new Map<string, Figure>();
  for (const figure of figures) {
    byName.set(`${figure.section}\t${figure.row}\t${figure.column}`, figure);
  }
  return [...byName.values()];
}

/** A section as a table that Markdown shows too: a line for each row, a column for each kind of figure. */
function tableOf(section: string, figures: readonly Figure[]): string {
  const own = figures.filter((figure) => figure.section === section);
  const columns = [...new Set(own.map(({ column }) => column))];
  const rows = [...new Set(own.map(({ row }) => row))];
  const cells = rows.map((row) => [
    row,
    ...columns.map((column) => {
      const found = own.findLast((figure) => figure.row === row && figure.column === column);
      return found === undefined ? '' : formatValue(found);
    }),
  ]);
  return formatTable([[section, ...columns], ...cells]);
}

/** Lines of a Markdown table, columns aligned. The first row is the head. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0), 3));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |\n`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [rows[0]!, rule, ...rows.slice(1)].map(line).join('');
}

/** Recall with four decimals, the rest with three digits. */
export function formatValue({ column, value }: Figure): string {
  if (column.startsWith('recall')) return value.toFixed(4);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
