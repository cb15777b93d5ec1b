import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Message } from '@aws-sdk/client-sqs'
import t, { type Test } from 'tap'
import { eventKey } from '../../lib/events/event-key.ts'
import { API_KEY, listen } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import type { SqsOptions } from '../../plugins/sqs.ts'

interface WebhookBody {
  event: string
  instance: string
  data: unknown
  date_time: string
  sender: string
  server_url: string
  [member: string]: unknown
}

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/evolution-webhooks.json', import.meta.url), 'utf8')
) as WebhookBody[]

const instances = [...new Set(fixtures.map(({ instance }) => instance))]
/** What queue names begin with: SQS allows no dots in them. */
const OWN_PREFIX: Record<string, string> = {
  'vendas-sp': 'vendas-sp',
  'suporte.rj': `suporte-rj-${createHash('sha256').update('suporte.rj').digest('hex').slice(0, 8)}`
}

/** The message that a consumer must receive for a webhook body. */
function expected({ event, instance, data, date_time, sender, server_url, ...rest }: WebhookBody) {
  const { destination, apikey, ...extra } = rest
  return { event, instance, data, date_time, sender, server_url, ...extra }
}

function parsed({ Body = '' }: Message): WebhookBody {
  return JSON.parse(Body) as WebhookBody
}

function withoutOurs(message: Record<string, unknown>) {
  const { id, offset, ...rest } = message
  return rest
}

interface Mode {
  global: SqsOptions['global']
  queueOf: (body: WebhookBody) => string
}

async function postAll(t: Test, { global, queueOf }: Mode): Promise<void> {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, {
    sqs: { ...sqs.options, ...(global !== undefined && { global }) },
    websocket: { globalEvents: global !== undefined }
  })
  const headers = { apikey: API_KEY }
  const listeners = new Map<string, Awaited<ReturnType<typeof connect>>>()
  for (const instance of instances) {
    await app.websocket.set(instance, { enabled: true })
    if (global === undefined) await app.sqs.set(instance, { enabled: true })
    listeners.set(instance, await connect(t, `${url}/${instance}`, API_KEY))
  }

  const replies: unknown[] = []
  for (const payload of fixtures) {
    const reply = await app.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })
    replies.push([reply.statusCode, reply.json<{ offset: number }>().offset])
  }
  t.same(
    replies,
    fixtures.map((_, index) => [202, index + 1]),
    'offsets grow by one'
  )

  const received = instances.map(async (instance) => {
    const count = fixtures.filter((body) => body.instance === instance).length
    const messages = (await listeners.get(instance)?.until(count)) ?? []
    return [instance, messages.map(({ event, message }) => [event, withoutOurs(message)])]
  })
  t.strictSame(
    await Promise.all(received),
    instances.map((instance) => [
      instance,
      fixtures.filter((body) => body.instance === instance).map((body) => [body.event, expected(body)])
    ]),
    'each namespace receives the events of its instance once, in order'
  )

  // The order between instances is not defined.
  const byInstance = (list: readonly object[]) =>
    Map.groupBy(list as readonly { instance: string }[], ({ instance }) => instance)
  const wanted = Map.groupBy(fixtures, queueOf)
  const messages = await Promise.all(
    Array.from(wanted, async ([queue, { length }]) => ({ queue, received: await sqs.receive(queue, length) }))
  )
  t.strictSame(
    messages.map(({ queue, received }) => [queue, byInstance(received.map((message) => withoutOurs(parsed(message))))]),
    Array.from(wanted, ([queue, bodies]) => [
      queue,
      byInstance(bodies.map((body) => ({ ...expected(body), dataType: 'json', server: 'instance-events' })))
    ]),
    'each queue receives its events once, and those of an instance in order'
  )
  const all = messages.flatMap(({ received }) => received)
  t.strictSame(
    all.map(({ MessageAttributes = {}, Attributes = {} }) => ({
      event: MessageAttributes.event?.StringValue,
      instance: MessageAttributes.instance?.StringValue,
      id: MessageAttributes.id?.StringValue,
      group: Attributes.MessageGroupId,
      deduplicationId: Attributes.MessageDeduplicationId
    })),
    all.map((message) => {
      const { event, instance, id } = parsed(message)
      const { key } = app.eventLog.instances.require(instance)
      // Ids of webhooks are unique within an instance only.
      return { event, instance, id, group: instance, deduplicationId: `${instance}:${key}:${String(id)}` }
    })
  )
  t.same(
    [...wanted.keys()].filter((queue) => sqs.depth(queue) !== 0),
    [],
    'the queues are empty afterwards'
  )
}

t.equal(fixtures.length, 40)

t.test('in instance mode webhooks go to a queue for each instance and event', (t) =>
  postAll(t, {
    global: undefined,
    queueOf: ({ instance, event }) => `${OWN_PREFIX[instance]}_${eventKey(event).toLowerCase()}.fifo`
  })
)

t.test('in global mode webhooks go to a queue for each event', (t) =>
  postAll(t, { global: {}, queueOf: ({ event }) => `global_${eventKey(event).toLowerCase()}.fifo` })
)

t.test('in single-queue mode webhooks go to one queue', (t) =>
  postAll(t, { global: { prefix: 'hub', singleQueue: true }, queueOf: () => 'hub_singlequeue.fifo' })
)
