import type { Static } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { InstanceReply, SelectionReply } from '../../schemas/replies.ts'
import { confirm } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { refuseArguments } from '../misspelt-subcommand.ts'
import { counted, printJson, printTable } from '../output.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface TokenOptions extends ServerOptions {
  token?: string
}

/** What `POST /instance/create` and `PUT /instance/token` answer. */
interface Created {
  instance: { instanceName: string; instanceId: string }
  hash: string
}

/** More keys than this are only counted. */
const KEYS_SHOWN = 3

/** `instances`, and what is done with one. */
export function addInstances(program: Command, context: CliContext): void {
  const command = withServerOptions(program.command('instances'))
    .description('List, create and delete instances, and give them tokens.')
    .usage('[options] [command]')
    .enablePositionalOptions()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx fastify-instance-events instances\n  $ npx fastify-instance-events instances --json'
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

async function list(options: ServerOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const instances = await client.request<Static<typeof InstanceReply>[]>({ path: ['instance', 'fetchInstances'] })
  if (options.json) return printJson(instances, context)
  if (instances.length === 0) return context.error('There are no instances yet.')
  const rows = instances.map(({ name, sqs, websocket, createdAt }) => [name, shown(sqs), shown(websocket), createdAt])
  printTable(['INSTANCE', 'SQS', 'WEBSOCKET', 'CREATED'], rows, context)
}

async function create(name: string, { token, ...options }: TokenOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const body = { instanceName: name, ...(token !== undefined && { token }) }
  const created = await client.request<Created>({ method: 'POST', path: ['instance', 'create'], body })
  printToken(created, options, context)
}

async function giveToken(name: string, { token, ...options }: TokenOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const body = token === undefined ? {} : { token }
  const created = await client.request<Created>({ method: 'PUT', path: ['instance', 'token', name], body })
  printToken(created, options, context)
}

/** The token alone is data, so that it can be taken by `$(…)`. */
function printToken(created: Created, { json }: ServerOptions, context: CliContext): void {
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
