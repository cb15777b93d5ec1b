import { printable } from '../text/printable.ts'
import type { CliContext } from './context.ts'

/** No longer than `length`. */
export function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** Control characters stand within its strings, so escaped it is the same JSON. */
export function printJson(value: unknown, { out }: CliContext): void {
  out(JSON.stringify(value))
}

/** Rows under their headings, each column as wide as it must be. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { out }: CliContext
): void {
  // As wide as they are printed.
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

/** A number as people read it. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
