import type { CliContext } from './context.ts'
import { CommandFailed, EXIT } from './failure.ts'

/**
 * Asks for confirmation, unless `--yes` was given.
 * @throws {CommandFailed} the answer is no, or there is no terminal
 */
export async function confirm(question: string, { yes }: { yes?: boolean }, { ask }: CliContext): Promise<void> {
  if (yes) return
  if (!ask) throw new CommandFailed(`${question} There is no terminal to ask on: confirm with --yes.`, EXIT.usage)
  const answer = await ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed('Nothing was changed.')
}
