import { ts } from '@ts-morph/common'
import t from 'tap'
import { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import { AppOptions } from '../../lib/schemas/options/app.ts'
import { EventLogOptions } from '../../lib/schemas/options/event-log.ts'
import { Credentials, S3Options, SqsGlobalOptions, SqsOptions } from '../../lib/schemas/options/sqs.ts'
import { WebsocketOptions } from '../../lib/schemas/options/websocket.ts'
import { builtTypes } from '../support/built-types.ts'

const { service, write } = await builtTypes(t)

const schemas = {
  AppOptions,
  Credentials,
  EventLogOptions,
  S3Options,
  SqsGlobalOptions,
  SqsOptions,
  WebsocketOptions,
  InstanceEventInput
}

const SOURCE = `
import Fastify from 'fastify'
import instanceEvents, { errors } from 'fastify-instance-events'
import eventLog from 'fastify-instance-events/event-log'
import sqs from 'fastify-instance-events/sqs'
import websocket from 'fastify-instance-events/websocket'
import { connectInstance } from 'fastify-instance-events/client'

const app = Fastify()
await app.register(instanceEvents, { apiKey: 'the-api-key', sqs: { concurrency: 8 } })
await app.register(eventLog, { autoRegister: false })
await app.register(sqs, { maxAttempts: 3, global: { singleQueue: true } })
await app.register(websocket, { globalEvents: true })
await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1, dateTime: '2026-01-01' })
app.sqs.deadLetters
app.websocket.connected
app.eventLog.closing
app.io
new errors.UnauthorizedError('no')
connectInstance('ws://localhost/sales', { apikey: 'k', onResumed: () => {}, onEvent: () => {} })
`

/** The documentation that an editor shows at the last occurrence of a name, with its tags. */
function hover(name: string): string {
  const info = service.getQuickInfoAtPosition(write(SOURCE), SOURCE.lastIndexOf(name))
  const tags = (info?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`)
  return [ts.displayPartsToString(info?.documentation), ...tags].join('\n')
}

t.test('an editor shows the documentation of options, decorators, errors and the client', async (t) => {
  t.strictSame(service.getSemanticDiagnostics(write(SOURCE)), [])
  const explained: [string, string[]][] = [
    ['concurrency', ['SendMessageBatch calls', '@default 32']],
    ['apiKey', ['The global key, at least 8 characters']],
    ['autoRegister', ['Registers an unknown instance', '@default true']],
    ['maxAttempts', ['becomes a dead letter', '@default 10']],
    ['singleQueue', ['One queue for all events', '@default false']],
    ['globalEvents', ['the events of all instances to the root namespace', '@default false']],
    ['onInstanceEvent', ['sends it wherever it is selected', '@throws']],
    ['dateTime', ['ISO 8601. Now, in UTC, if absent.']],
    ['sqs.dead', ['Amazon SQS']],
    ['deadLetters', ['given up on']],
    ['websocket.conn', ['Socket.IO clients']],
    ['eventLog.clos', ['durable, ordered store of accepted events']],
    ['io\n', ['The Socket.IO server']],
    ['UnauthorizedError', ['the key is missing']],
    ['connectInstance', ['After an interruption it connects again']],
    ['onResumed', ['Called between the events']]
  ]
  const texts = explained.map(([name, parts]) => ({ name, parts, text: hover(name) }))
  t.strictSame(
    texts.filter(({ parts, text }) => !parts.every((part) => text.includes(part))),
    []
  )
})

t.test('every option and every member of an event is documented', async (t) => {
  const names = Object.keys(schemas)
  const file = write(names.map((name) => `type Of${name} = import('fastify-instance-events').${name}`).join('\n'))
  const program = service.getProgram() as ts.Program
  const checker = program.getTypeChecker()
  const declared = new Map(
    [...(program.getSourceFile(file)?.statements ?? [])].filter(ts.isTypeAliasDeclaration).map(({ name }) => {
      return [name.text.slice(2), checker.getTypeAtLocation(name).getProperties()] as const
    })
  )
  const undocumented = [...declared].flatMap(([name, members]) =>
    members
      .filter((member) => member.getDocumentationComment(checker).length === 0)
      .map((member) => `${name}.${member.name}`)
  )
  t.strictSame(undocumented, [])
  t.strictSame(
    names.map((name) => [
      name,
      declared
        .get(name)
        ?.map((member) => member.name)
        .sort()
    ]),
    Object.entries(schemas).map(([name, { properties }]) => [name, Object.keys(properties).sort()])
  )
})

t.test('a mistyped option is one error that names it', async (t) => {
  const faults: [string, RegExp][] = [
    ["instanceEvents, { apiKey: 'the-api-key', dosc: false }", /'dosc' does not exist in type/],
    ["instanceEvents, { apiKey: 'the-api-key', sqs: { regoin: 'x' } }", /'regoin' does not exist in type 'SqsOptions'/],
    ["sqs, { regoin: 'us-east-1' }", /'regoin' does not exist in type/],
    ["sqs, { concurrency: '8' }", /Type 'string' is not assignable to type 'number'/],
    ['websocket, { globalEvnets: true }', /'globalEvnets' does not exist in type/],
    ['eventLog, { retentionHour: 1 }', /'retentionHour' does not exist in type/]
  ]
  const [imports = ''] = SOURCE.split('const app')
  const file = write([imports, ...faults.map(([call]) => `await Fastify().register(${call})`)].join('\n'))
  const messages = service
    .getSemanticDiagnostics(file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  t.match(
    messages,
    faults.map(([, message]) => message)
  )
  t.equal(messages.length, faults.length)
})
