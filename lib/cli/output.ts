import { styleText } from 'node:util'
import type { CliContext } from './context.ts'

/** Printed text may be anybody's: what moves a terminal's cursor, turns its text around or is not seen is shown as an escape. */
export function printable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- they are what this is about
    /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

/** No longer than `length`. */
export function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** In a colour, where colours are wanted. */
export function coloured(style: Parameters<typeof styleText>[0], text: string, { colours }: CliContext): string {
  return colours ? styleText(style, text, { validateStream: false }) : text
}

/** What is escaped stands within strings, so it is the same JSON. */
export function printJson(value: unknown, { out }: CliContext): void {
  out(printable(JSON.stringify(value)))
}

/** Rows under their headings, each column as wide as it must be. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  context: CliContext
): void {
  const cells = rows.map((row) => row.map(printable))
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => (row[column] as string).length))
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd()
  context.out(coloured('bold', line(headings), context))
  for (const row of cells) context.out(line(row))
}

/** A number as people read it. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
