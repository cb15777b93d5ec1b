import type { CliContext } from './context.ts'
import { CommandFailed, EXIT } from './failure.ts'

/**
 * Asks before what cannot be undone, unless `--yes` said so already.
 * @throws {CommandFailed} the answer is no, or there is nobody to ask
 */
export async function confirm(question: string, { yes }: { yes?: boolean }, { ask }: CliContext): Promise<void> {
  if (yes) return
  if (!ask) throw new CommandFailed(`${question} There is nobody to ask: say --yes.`, EXIT.usage)
  const answer = await ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed('Nothing was done.')
}
