import { CommanderError } from 'commander'
import type { CliContext, CliSurroundings } from './context.ts'
import { escapedContext } from './escaped-context.ts'
import { CommandFailed, EXIT, Interrupted } from './failure.ts'
import { createProgram } from './program.ts'

/** What is done from a shell. @returns the exit code */
export async function runCli(args: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const context = escapedContext(surroundings)
  try {
    await createProgram(context).parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' })
    context.status('')
    return EXIT.done
  } catch (error) {
    context.status('')
    return exitCodeOf(error, context)
  }
}

/** Says what a person can do something about; anything else is a fault, and its stack is wanted. */
function exitCodeOf(error: unknown, context: CliContext): number {
  // Whatever failed then, this is why.
  if (context.signal.aborted && context.signal.reason instanceof Interrupted) return context.signal.reason.exitCode
  // It has said already what it has to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof CommandFailed) {
    if (error.message !== '') context.error(error.message)
    return error.exitCode
  }
  context.error(String((error as Error).stack))
  return EXIT.failed
}
