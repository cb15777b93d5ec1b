import { printable } from '../text/printable.ts'
import type { CliContext } from './context.ts'

/** Cuts a text to at most `length` characters. */
export function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** Prints JSON. Control characters occur only within strings, so the escaped output is the same JSON. */
export function printJson(value: unknown, { out }: CliContext): void {
  out(JSON.stringify(value))
}

/** Prints rows under headings, with columns as wide as their widest cell. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { out }: CliContext
): void {
  // Escaping changes widths.
  const cells = rows.map((row) => row.map(printable))
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => (row[column] as string).length))
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd()
  out({ style: 'bold', text: line(headings) })
  for (const row of cells) out(line(row))
}

/** A number with its noun: `1 event`, `2,500 events`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
