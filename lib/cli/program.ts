import { Command } from 'commander'
import { packageVersion } from '../package-version.ts'
import { addCheckConfig } from './commands/check-config.ts'
import { addDeadLetters } from './commands/dead-letters.ts'
import { addErase } from './commands/erase.ts'
import { addInstances } from './commands/instances.ts'
import { addMigrate } from './commands/migrate.ts'
import { addSend } from './commands/send.ts'
import { addServe } from './commands/serve.ts'
import { addSet } from './commands/set.ts'
import { addTail } from './commands/tail.ts'
import type { CliContext } from './context.ts'

/** Fixed, because docs/cli.md repeats the help texts. */
const HELP_WIDTH = 100

const AFTER_HELP = `
The default command is \`serve\`. Exit codes: 0 success; 1 failure; 2 wrong usage; 130 interrupted by
Ctrl-C.

Examples:
  $ npx fastify-instance-events
  $ npx fastify-instance-events send sales messages.upsert '{"text":"Oi"}'
  $ npx fastify-instance-events help tail`

/** The program with all commands, in the order of the help text. */
export function createProgram(context: CliContext): Command {
  const program = new Command('fastify-instance-events')
    .description('Delivers the events of messaging instances to Amazon SQS and Socket.IO.')
    .version(packageVersion())
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) =>
        text
          .trimEnd()
          .split('\n')
          .forEach((line) => context.out(line)),
      writeErr: (text) => context.error(text.trimEnd()),
      getOutHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false
    })
    .addHelpText('after', AFTER_HELP)
  addServe(program, context)
  addTail(program, context)
  addSend(program, context)
  addInstances(program, context)
  addSet(program, context)
  addDeadLetters(program, context)
  addErase(program, context)
  addMigrate(program, context)
  addCheckConfig(program, context)
  showUsageAfterErrors(program)
  return program
}

function showUsageAfterErrors(command: Command): void {
  const usage = command.createHelp().commandUsage(command)
  const name = usage.replace(/ [[<-].*/, '')
  command.showHelpAfterError(`\nUsage: ${usage}\nMore: ${name} --help`)
  for (const child of command.commands) showUsageAfterErrors(child)
}
