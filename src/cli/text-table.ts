// Tables for a terminal: columns as wide as their widest cell, numbers to the right.

/** A column: its title, and on which side its cells are aligned. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** The title row and the rows as text, each line ended by a line break, without blanks at line ends. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => displayWidth(line[index] ?? ''))),
  );
  return lines
    .map((line) => {
      const cells = columns.map(({ align }, index) => {
        const cell = line[index] ?? '';
        const blanks = ' '.repeat((widths[index] ?? 0) - displayWidth(cell));
        return align === 'left' ? `${cell}${blanks}` : `${blanks}${cell}`;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** `text` in at most `width` columns, with an ellipsis where it was cut. */
export function shorten(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** Code points; good enough for texts without combining marks or wide characters. */
function displayWidth(text: string): number {
  return Array.from(text).length;
}
