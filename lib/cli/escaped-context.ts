import { styleText } from 'node:util'
import { printable, printableLines } from '../text/printable.ts'
import type { CliContext, CliSurroundings, Printed } from './context.ts'

/** Escapes all text of commands, then colours it. */
export function escapedContext({ out, error, status, ask, colours, ...rest }: CliSurroundings): CliContext {
  const shown = (part: Printed): string => {
    if (typeof part === 'string') return printable(part)
    const text = printable(part.text)
    return colours ? styleText(part.style, text, { validateStream: false }) : text
  }
  return {
    ...rest,
    out: (...parts) => out(parts.map(shown).join('')),
    error: (text) => error(printableLines(text)),
    status: (text) => status(printable(text)),
    ask: ask && ((question) => ask(printable(question)))
  }
}
