import type { Command } from 'commander'
import { closest, distance } from 'fastest-levenshtein'

/** Words with more different characters are not suggested. */
const NEAR = 3
/** What a command does alone. */
const LIST = 'list'

/**
 * Refuses an unknown subcommand of a command that lists when it is alone, which it also does with `list`. Commander would report an
 * excess argument.
 */
export function refuseArguments(command: Command): void {
  const [first, second] = command.args
  const word = first === LIST ? second : first
  if (word === undefined) return
  const nearest = closest(
    word,
    command.commands.map((child) => child.name())
  )
  const hint = distance(word, nearest) <= NEAR ? `\n(Did you mean ${nearest}?)` : ''
  command.error(`error: unknown command '${word}'${hint}`)
}
