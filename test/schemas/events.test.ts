import { readFileSync } from 'node:fs'
import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import t from 'tap'
import { EVOLUTION_EVENTS } from '../../lib/events/catalogue.ts'
import { instanceEventSchemas, type InstanceEventMap } from '../../lib/schemas/events/index.ts'
import { operatorEventSchemas } from '../../lib/schemas/events/operator.ts'

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/evolution-webhooks.json', import.meta.url), 'utf8')) as {
  event: keyof InstanceEventMap
  data: unknown
}[]

const errorsOf = (schema: TSchema, data: unknown) => [...TypeCompiler.Compile(schema).Errors(data)]

const schemas = Object.entries<TSchema>(instanceEventSchemas)

/** Data that these events never have. */
const WRONG: { [Name in keyof InstanceEventMap]: unknown[] } = {
  'application.startup': [null, 'started'],
  'instance.create': [{}, { instanceName: 7, instanceId: 'x' }],
  'instance.delete': [{ instanceName: 'sales' }],
  'remove.instance': [{}],
  'logout.instance': [false],
  'status.instance': [{ instance: 'sales' }, { instance: 'sales', status: 1 }],
  'qrcode.updated': [{}, { qrcode: 'data:image/png;base64,' }, { message: 'limit' }],
  'connection.update': [{ instance: 'sales', state: 'opened' }, { state: 'open' }],
  'creds.update': [null],
  'messages.set': [{}, [{ key: {} }]],
  'messages.upsert': [{}, [], { key: { id: '3EB0' }, message: {}, messageType: 'x', messageTimestamp: 1 }],
  'messages.edited': [null, { key: '3EB0' }],
  'messages.update': [{}, { keyId: '3EB0', remoteJid: 'a', fromMe: true, status: 4 }],
  'messages.delete': [{ status: 'DELETED' }, { remoteJid: 'a', fromMe: true, id: '3EB0', status: 'READ' }],
  'send.message': [{ message: 'Oi' }],
  'send.message.update': [{ editedMessage: 'Oi' }],
  'contacts.set': [{ remoteJid: 'a' }, [{}]],
  'contacts.upsert': [{}, [{ pushName: 'Maria' }], 'a'],
  'contacts.update': [{ remoteJid: 'a', pushName: 1 }],
  'presence.update': [{ id: 'a' }, { id: 'a', presences: { a: 'composing' } }],
  'chats.set': [{ remoteJid: 'a' }],
  'chats.upsert': [['a'], [{ remoteJid: 'a', unreadMessages: 'three' }]],
  'chats.update': [{ remoteJid: 'a' }],
  'chats.delete': [[{ remoteJid: 'a' }]],
  'groups.upsert': [[{ id: 'a' }], {}],
  'groups.update': [[{ subject: 'x' }]],
  'group-participants.update': [{ id: 'a', participants: 'b', action: 'add' }, { id: 'a' }],
  'labels.edit': [{ id: 3, name: 'Paid', color: 5, instance: 'sales' }],
  'labels.association': [{ instance: 'sales', type: 'added', chatId: 'a', labelId: '3' }],
  call: [{ from: 'a' }, null],
  'typebot.start': [{ remoteJid: 'a' }],
  'typebot.change-status': [{ remoteJid: 'a', status: true }],
  'messaging-history.set': [[], { progress: '100%' }]
}

t.test('the schemas are those of the events of the catalogue', async (t) => {
  t.same(Object.keys(instanceEventSchemas).sort(), [...EVOLUTION_EVENTS].sort())
})

t.test('the data of real webhooks passes its schema', async (t) => {
  t.equal(new Set(fixtures.map(({ event }) => event)).size, EVOLUTION_EVENTS.length - 1, 'all but creds.update')
  const errors = fixtures.flatMap(({ event, data }) => errorsOf(instanceEventSchemas[event], data))
  t.same(errors, [])
})

const described = [...schemas, ...Object.entries<TSchema>(operatorEventSchemas)]

t.test('each schema has a description, and examples that pass it', async (t) => {
  const seen = described.map(([name, schema]) => ({
    name,
    description: typeof schema.description,
    hasExamples: schema.examples.length > 0,
    errors: schema.examples.flatMap((example: unknown) => errorsOf(schema, example))
  }))
  t.same(
    seen,
    described.map(([name]) => ({ name, description: 'string', hasExamples: true, errors: [] }))
  )
})

t.test('each schema refuses wrong data', async (t) => {
  const passed = schemas.flatMap(([name, schema]) =>
    WRONG[name as keyof InstanceEventMap]
      .filter((data) => errorsOf(schema, data).length === 0)
      .map((data) => `${name}: ${JSON.stringify(data)}`)
  )
  t.same(passed, [])
})

t.test('members that a schema does not list are allowed', async (t) => {
  const extended = schemas.flatMap(([, schema]) =>
    schema.examples
      .filter((example: unknown) => example !== null && !Array.isArray(example))
      .map((example: object) => errorsOf(schema, { ...example, memberOfTheNextRelease: 1 }))
  )
  t.ok(extended.length > 20)
  t.same(extended.flat(), [])
})
