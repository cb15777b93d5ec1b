import type { Command } from 'commander'
import type { TokenReply } from '../../schemas/instance-changes.ts'
import type { InstancesReply } from '../../schemas/instances.ts'
import { MAX_LIMIT } from '../../schemas/page-limits.ts'
import type { SelectionReply } from '../../schemas/selections.ts'
import { confirm } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { refuseArguments } from '../misspelt-subcommand.ts'
import { wholeNumber } from '../numbers.ts'
import { counted, printJson, printTable } from '../output.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface TokenOptions extends ServerOptions {
  token?: string
}

interface ListOptions extends ServerOptions {
  search?: string
  after?: string
  limit?: number
}

/** More keys than this are only counted. */
const KEYS_SHOWN = 3

/** `instances`: a page of them by name, and what is done with one. */
export function addInstances(program: Command, context: CliContext): void {
  const command = withServerOptions(program.command('instances'))
    .description('List, create and delete instances, and give them tokens.')
    .usage('[options] [command]')
    .option('--search <text>', 'only names with this text, whatever its case and accents')
    .option('--after <name>', 'only names behind this one')
    .option('--limit <count>', `at most so many (default: ${MAX_LIMIT}, the most)`, wholeNumber(1, MAX_LIMIT))
    .enablePositionalOptions()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx fastify-instance-events instances\n  $ npx fastify-instance-events instances --search sao --json'
    )
    .action((_options, self: Command) => {
      refuseArguments(self)
      return list(self.opts(), context)
    })

  withServerOptions(command.command('create <name>'))
    .description('Register an instance; prints its token, which is shown this once.')
    .option('--token <token>', 'the token it is to have (else one is made)')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events instances create sales')
    .action((name: string, _options, self: Command) => create(name, self.optsWithGlobals(), context))

  withServerOptions(command.command('delete <name>'))
    .description('Forget an instance. What it accepted is still sent; its sockets are disconnected.')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events instances delete sales --yes')
    .action((name: string, _options, self: Command) => remove(name, self.optsWithGlobals(), context))

  withServerOptions(command.command('token <name>'))
    .description('Give an instance a new token, and print it; the old one opens nothing any more.')
    .option('--token <token>', 'the token it is to have (else one is made)')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events instances token sales')
    .action((name: string, _options, self: Command) => giveToken(name, self.optsWithGlobals(), context))
}

async function list(options: ListOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const { search, after, limit = MAX_LIMIT } = options
  const query = { search, after, limit }
  const path = ['instance', 'fetchInstances']
  const instances = await client.request<InstancesReply>({ path, query })
  if (options.json) printJson(instances, context)
  else print(instances, options, context)
  const last = instances.at(-1)
  if (last && instances.length === limit) context.error(`There may be more: --after ${JSON.stringify(last.name)}`)
}

function print(instances: InstancesReply, { search, after }: ListOptions, context: CliContext): void {
  if (instances.length === 0) {
    const all = search === undefined && after === undefined
    return context.error(all ? 'There are no instances yet.' : 'There are no such instances.')
  }
  const rows = instances.map(({ name, sqs, websocket, createdAt }) => [name, shown(sqs), shown(websocket), createdAt])
  printTable(['INSTANCE', 'SQS', 'WEBSOCKET', 'CREATED'], rows, context)
}

async function create(name: string, { token, ...options }: TokenOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const body = { instanceName: name, ...(token !== undefined && { token }) }
  const created = await client.request<TokenReply>({ method: 'POST', path: ['instance', 'create'], body })
  printToken(created, options, context)
}

async function giveToken(name: string, { token, ...options }: TokenOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const body = token === undefined ? {} : { token }
  const created = await client.request<TokenReply>({ method: 'PUT', path: ['instance', 'token', name], body })
  printToken(created, options, context)
}

/** The token alone is data, so that it can be taken by `$(…)`. */
function printToken(created: TokenReply, { json }: ServerOptions, context: CliContext): void {
  if (json) return printJson(created, context)
  context.error(`The token of ${created.instance.instanceName}, shown this once:`)
  context.out(created.hash)
}

async function remove(
  name: string,
  { yes, ...options }: ServerOptions & { yes?: boolean },
  context: CliContext
): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  await confirm(`Delete the instance ${name}?`, yes ? { yes } : {}, context)
  const reply = await client.request({ method: 'DELETE', path: ['instance', 'delete', name] })
  if (options.json) printJson(reply, context)
  else context.out(`Deleted ${name}.`)
}

function shown(selection: SelectionReply | null): string {
  if (!selection) return '-'
  const { enabled, events } = selection
  if (!enabled) return 'off'
  return events.length > KEYS_SHOWN ? counted(events.length, 'event') : events.join(',')
}
