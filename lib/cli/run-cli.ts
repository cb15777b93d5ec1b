import { CommanderError } from 'commander'
import type { CliContext, CliSurroundings } from './context.ts'
import { escapedContext } from './escaped-context.ts'
import { CommandFailed, EXIT, Interrupted } from './failure.ts'
import { createProgram } from './program.ts'

/** Runs a command. @returns the exit code */
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

/** Prints the message of an expected failure; of any other error, the stack. */
function exitCodeOf(error: unknown, context: CliContext): number {
  // An interruption is the cause of whatever failed after it.
  if (context.signal.aborted && context.signal.reason instanceof Interrupted) return context.signal.reason.exitCode
  // Commander has printed its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof CommandFailed) {
    if (error.message !== '') context.error(error.message)
    return error.exitCode
  }
  context.error(String((error as Error).stack))
  return EXIT.failed
}
