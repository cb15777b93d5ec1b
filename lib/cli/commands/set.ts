import { Argument, type Command, Option } from 'commander'
import { EventCatalogue, UNLISTED_KEY } from '../../events/catalogue.ts'
import type { FindReply, SelectionReply, SetReply } from '../../schemas/selections.ts'
import type { SelectionRequest } from '../../instances/selections.ts'
import type { TransportName } from '../../instances/instance.ts'
import type { CliContext } from '../context.ts'
import { CommandFailed, EXIT } from '../failure.ts'
import type { EventFilter } from '../../filters/event-filter.ts'
import { filterPolicy, NONE } from '../filter-policy.ts'
import { printJson } from '../output.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface SetOptions extends ServerOptions {
  events?: string
  all?: boolean
  off?: boolean
  filter?: EventFilter | typeof NONE
  omit?: string[] | typeof NONE
}

const AFTER_HELP = `
Without --events, --all and --off, prints the current selection.

Examples:
  $ npx fastify-instance-events set sqs sales --events MESSAGES_UPSERT,CALL
  $ npx fastify-instance-events set websocket sales --all --filter '{"key":{"fromMe":[false]}}'
  $ npx fastify-instance-events set sqs sales --all --omit data.message.base64
  $ npx fastify-instance-events set sqs sales --off`

/** `set`: selects the events of an instance for one transport. */
export function addSet(program: Command, context: CliContext): void {
  withServerOptions(program.command('set'))
    .description('Select the events of an instance that are sent to SQS or to sockets.')
    .addArgument(new Argument('<transport>', 'where the events are sent').choices(['sqs', 'websocket']))
    .argument('<instance>', 'name of the instance')
    .addOption(new Option('--events <keys>', 'keys of events, separated by commas').conflicts(['all', 'off']))
    .addOption(new Option('--all', 'all events').conflicts('off'))
    .option('--off', 'no events; the list is kept for later')
    .option(
      '--filter <policy>',
      'only events whose data match this SNS filter policy (JSON); `none` removes it',
      filterPolicy
    )
    .option(
      '--omit <paths>',
      'members of data to leave out, separated by commas; `none` removes the list',
      omittedPaths
    )
    .addHelpText('after', AFTER_HELP)
    .action((transport: TransportName, instance: string, options: SetOptions) =>
      set({ transport, instance }, options, context)
    )
}

async function set(
  { transport, instance }: { transport: TransportName; instance: string },
  options: SetOptions,
  context: CliContext
): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const selection = wanted(options)
  const { filter, omit } = options
  if (!selection && (filter !== undefined || omit !== undefined))
    throw new CommandFailed('--filter and --omit need one of --events, --all and --off', EXIT.usage)
  if (!selection) {
    const found = await client.request<FindReply>({ path: [transport, 'find', instance] })
    if (options.json) printJson(found, context)
    else if (found) print(found, context)
    else context.error(`No selection for ${instance} yet.`)
    return
  }
  const path = [transport, 'set', instance]
  const reply = await client.request<SetReply>({ method: 'POST', path, body: { [transport]: selection } })
  for (const note of reply.notes ?? []) context.error(note)
  if (options.json) printJson(reply, context)
  else print(reply, context)
}

function wanted({ events, all, off, filter, omit }: SetOptions): SelectionRequest | undefined {
  const content = {
    ...(filter !== undefined && { filter: filter === NONE ? null : filter }),
    ...(omit !== undefined && { omit: omit === NONE ? null : omit })
  }
  if (off) return { enabled: false, ...content }
  if (all) return { enabled: true, events: [], ...content }
  return events === undefined ? undefined : { enabled: true, events: listed(events), ...content }
}

function listed(text: string): string[] {
  return text.split(',').map((key) => key.trim())
}

function omittedPaths(text: string): string[] | typeof NONE {
  return text === NONE ? text : listed(text)
}

/**
 * Prints one line per event, with the URL of its queue; then the filter and the members that are left out. The reply also has the
 * keys that Evolution API's manager uses.
 */
function print(
  { enabled, events, filter, omit, queues, alsoSentTo }: SelectionReply & Pick<SetReply, 'queues' | 'alsoSentTo'>,
  { out, error }: CliContext
): void {
  if (!enabled) return error('Off: no events are sent.')
  const urls = new Map(queues?.map(({ event, url }) => [event, url]))
  for (const event of new EventCatalogue().withoutAliases(events))
    out([event, urls.get(event)].filter(Boolean).join('  '))
  const unlisted = queues?.find(({ event }) => event === UNLISTED_KEY)
  if (unlisted) out(`${unlisted.event}  ${unlisted.url ?? unlisted.name}`)
  if (alsoSentTo) error(`Also sent to shared queues: ${alsoSentTo.join(', ')}`)
  if (filter) error(`Filter: ${JSON.stringify(filter)}`)
  if (omit) error(`Left out: ${omit.join(', ')}`)
}
