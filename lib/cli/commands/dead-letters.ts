import { Option, type Command } from 'commander'
import type { DeadLetterPage, GroupsReply } from '../../schemas/dead-letters.ts'
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
    .option('--after <id>', 'only ids above this one', wholeNumber(0))
    .enablePositionalOptions()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nWithout a command, or with `list`, lists them.\n\nExamples:\n  $ npx fastify-instance-events deadletters --instance sales\n  $ npx fastify-instance-events deadletters redrive --reason AccessDenied'
    )
    .action((_options, self: Command) => {
      refuseArguments(self)
      return list(self.opts(), context)
    })

  withFilter(withServerOptions(command.command('groups')))
    .description('Count dead letters by reason, queue and instance, largest groups first.')
    .allowExcessArguments(false)
    .option('--limit <count>', `number of groups (default and maximum: ${MAX_LIMIT})`, wholeNumber(1, MAX_LIMIT))
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events deadletters groups --instance sales')
    .action((_options, self: Command) => listGroups(self.optsWithGlobals(), context))

  withWhich(withServerOptions(command.command('redrive')))
    .description('Send dead letters again, with their original ids, and print the outcome.')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events deadletters redrive --instance sales')
    .action((ids: number[], _options, self: Command) => redrive(ids, self.optsWithGlobals(), context))

  withWhich(withServerOptions(command.command('discard')))
    .description('Delete dead letters. Their events are never sent to these queues. Asks for confirmation.')
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
    String(letter.tries),
    letter.instance,
    letter.queue,
    letter.reason,
    shortened(letter.message, MESSAGE_LENGTH)
  ])
  printTable(['ID', 'DIED', 'TRIES', 'INSTANCE', 'QUEUE', 'REASON', 'MESSAGE'], rows, context)
  if (page.more) context.error(`For more, add --after ${page.after}`)
}

async function listGroups(options: Omit<ListOptions, 'after'>, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const { instance, queue, reason, limit = MAX_LIMIT } = options
  const query = { instance, queue, reason, limit }
  const found = await client.request<GroupsReply>({ path: ['sqs', 'deadletters', 'groups'], query })
  if (options.json) return printJson(found, context)
  const { count, groupCount, groups } = found
  if (count === 0) return context.error('No dead letters found.')
  const rows = groups.map((group) => [
    group.count.toLocaleString('en'),
    group.reason,
    group.queue,
    group.instance,
    group.firstDiedAt,
    group.lastDiedAt
  ])
  printTable(['COUNT', 'REASON', 'QUEUE', 'INSTANCE', 'FIRST', 'LAST'], rows, context)
  const others = groupCount > groups.length ? `, of which the ${groups.length} largest are shown` : ''
  context.error(`${counted(count, 'dead letter')} in ${counted(groupCount, 'group')}${others}`)
}

async function redrive(ids: number[], options: WhichOptions, context: CliContext): Promise<void> {
  const pages = new DeadLetterPages(new ServerClient(serverAddress(options, context), context.signal), context)
  const found = await pages.find(which(ids, options))
  const redriven = await pages.redrive(found)
  const outcomes = await pages.outcomes(found)
  if (options.json) return printJson({ redriven, ...outcomes }, context)
  context.out(`Redriven: ${counted(redriven, 'dead letter')}.`)
  const { sent, dead, pending, reasons } = outcomes
  const why = Object.entries(reasons).map(([reason, count]) => `${reason}: ${count.toLocaleString('en')}`)
  const told = [
    `sent: ${sent.toLocaleString('en')}`,
    `failed again: ${dead.toLocaleString('en')}${why.length > 0 ? ` (${why.join(', ')})` : ''}`,
    ...(pending > 0 ? [`pending: ${pending.toLocaleString('en')}`] : [])
  ]
  if (redriven > 0) context.out(`${told.join('; ')}.`)
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
