import type { Command } from 'commander'
import { closest, distance } from 'fastest-levenshtein'

/** Words with more different characters are not suggested. */
const NEAR = 3

/** Refuses an unknown subcommand of a command that also works alone. Commander would report an excess argument. */
export function refuseArguments(command: Command): void {
  const [word] = command.args
  if (word === undefined) return
  const nearest = closest(
    word,
    command.commands.map((child) => child.name())
  )
  const hint = distance(word, nearest) <= NEAR ? `\n(Did you mean ${nearest}?)` : ''
  command.error(`error: unknown command '${word}'${hint}`)
}
