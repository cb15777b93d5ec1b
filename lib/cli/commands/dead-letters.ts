import { Option, type Command } from 'commander'
import type { DeadLetterPage } from '../../schemas/dead-letters.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../schemas/page-limits.ts'
import { confirm } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { type DeadLetterFilter, DeadLetterPages } from '../dead-letter-pages.ts'
import { CommandFailed, EXIT } from '../failure.ts'
import { refuseArguments } from '../misspelt-subcommand.ts'
import { wholeNumber } from '../numbers.ts'
import { counted, printJson, printTable, shortened } from '../output.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface ListOptions extends ServerOptions, DeadLetterFilter {
  limit?: number
  after?: number
}

interface WhichOptions extends ServerOptions, DeadLetterFilter {
  all?: boolean
  yes?: boolean
}

const MESSAGE_LENGTH = 60

/** `deadletters` and its subcommands. */
export function addDeadLetters(program: Command, context: CliContext): void {
  const command = withFilter(withServerOptions(program.command('deadletters')))
    .description('List dead letters and their reasons; redrive or discard them.')
    .usage('[options] [command]')
    .option(
      '--limit <count>',
      `number of entries, at most ${MAX_LIMIT} (default: ${DEFAULT_LIMIT})`,
      wholeNumber(1, MAX_LIMIT)
    )
    .option('--after <id>', 'only higher ids', wholeNumber(0))
    .enablePositionalOptions()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx fastify-instance-events deadletters --instance sales\n  $ npx fastify-instance-events deadletters redrive --reason AccessDenied'
    )
    .action((_options, self: Command) => {
      refuseArguments(self)
      return list(self.opts(), context)
    })

  withWhich(withServerOptions(command.command('redrive')))
    .description('Send dead letters again, with their original ids.')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events deadletters redrive --instance sales')
    .action((ids: number[], _options, self: Command) => redrive(ids, self.optsWithGlobals(), context))

  withWhich(withServerOptions(command.command('discard')))
    .description('Delete dead letters, whose events are then never sent. Asks for confirmation.')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events deadletters discard 17 18 --yes')
    .action((ids: number[], _options, self: Command) => discard(ids, self.optsWithGlobals(), context))
}

function withFilter(command: Command): Command {
  return command
    .option('--instance <name>', 'only of this instance')
    .option('--queue <name>', 'only of this queue')
    .option('--reason <code>', 'only with this code')
}

function withWhich(command: Command): Command {
  const one = wholeNumber(1)
  return withFilter(command)
    .argument('[ids...]', 'ids of dead letters', (text: string, others: number[] = []) => [...others, one(text)])
    .addOption(new Option('--all', 'all dead letters').conflicts(['instance', 'queue', 'reason']))
}

async function list(options: ListOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const { instance, queue, reason, after, limit = DEFAULT_LIMIT } = options
  const query = { instance, queue, reason, after, limit }
  const page = await client.request<DeadLetterPage>({ path: ['sqs', 'deadletters'], query })
  if (options.json) return printJson(page, context)
  if (page.deadLetters.length === 0) return context.error('No dead letters found.')
  const rows = page.deadLetters.map((letter) => [
    String(letter.id),
    letter.diedAt,
    letter.instance,
    letter.queue,
    letter.reason,
    shortened(letter.message, MESSAGE_LENGTH)
  ])
  printTable(['ID', 'DIED', 'INSTANCE', 'QUEUE', 'REASON', 'MESSAGE'], rows, context)
  if (page.more) context.error(`For more, add --after ${page.after}`)
}

async function redrive(ids: number[], options: WhichOptions, context: CliContext): Promise<void> {
  const pages = new DeadLetterPages(new ServerClient(serverAddress(options, context), context.signal), context)
  const found = await pages.find(which(ids, options))
  const redriven = await pages.redrive(found)
  if (options.json) printJson({ redriven }, context)
  else context.out(`Redriven: ${counted(redriven, 'dead letter')}.`)
}

async function discard(ids: number[], options: WhichOptions, context: CliContext): Promise<void> {
  const pages = new DeadLetterPages(new ServerClient(serverAddress(options, context), context.signal), context)
  const found = await pages.find(which(ids, options))
  if (found.ids.length > 0) {
    const question = `Discard ${counted(found.ids.length, 'dead letter')}? Their events are never sent.`
    await confirm(question, options, context)
  }
  const discarded = await pages.discard(found)
  if (options.json) printJson({ discarded }, context)
  else context.out(`Discarded: ${counted(discarded, 'dead letter')}.`)
}

/** Without ids, filters or `--all` there is no default: it must never mean all dead letters. */
function which(ids: number[], { instance, queue, reason, all }: WhichOptions): { ids: number[] } | DeadLetterFilter {
  const filter = Object.fromEntries(
    Object.entries({ instance, queue, reason }).filter(([, value]) => value !== undefined)
  )
  const named = Object.keys(filter).length > 0 || all === true
  if (ids.length > 0 && named) throw new CommandFailed('Use either ids, filters or --all', EXIT.usage)
  if (ids.length === 0 && !named)
    throw new CommandFailed('Choose dead letters by ids, --instance, --queue, --reason or --all', EXIT.usage)
  return ids.length > 0 ? { ids: [...new Set(ids)] } : filter
}
