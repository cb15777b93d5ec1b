import type { Command } from 'commander'
import { closest, distance } from 'fastest-levenshtein'

/** More different than this is another word. */
const NEAR = 3

/** Refuses what is no subcommand, of a command that does something without one: Commander would call it an argument too many. */
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
