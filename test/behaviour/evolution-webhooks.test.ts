import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { eventKey } from '../../lib/events/catalogue.ts'
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
/** Slugged: SQS knows no dots in names. */
const OWN_PREFIX: Record<string, string> = {
  'vendas-sp': 'vendas-sp',
  'suporte.rj': `suporte-rj-${createHash('sha256').update('suporte.rj').digest('hex').slice(0, 8)}`
}

/** What a consumer must find of a webhook body. */
function expected({ event, instance, data, date_time, sender, server_url, ...rest }: WebhookBody) {
  const { destination, apikey, ...extra } = rest
  return { event, instance, data, date_time, sender, server_url, ...extra }
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
    await app.inject({ method: 'POST', url: `/websocket/set/${instance}`, headers, payload: { enabled: true } })
    if (global === undefined) {
      const set = await app.inject({
        method: 'POST',
        url: `/sqs/set/${instance}`,
        headers,
        payload: { sqs: { enabled: true } }
      })
      t.equal(set.statusCode, 201)
    }
    listeners.set(instance, await connect(t, `${url}/${instance}`, API_KEY))
  }

  const offsets: number[] = []
  for (const body of fixtures) {
    const reply = await app.inject({
      method: 'POST',
      url: '/webhook/evolution',
      headers: { ...headers, 'content-type': 'application/json' },
      payload: JSON.stringify(body)
    })
    t.equal(reply.statusCode, 202, body.event)
    offsets.push(reply.json<{ offset: number }>().offset)
  }
  t.same(
    offsets,
    fixtures.map((_, index) => index + 1),
    'offsets grow by one'
  )

  for (const instance of instances) {
    const mine = fixtures.filter((body) => body.instance === instance)
    const received = await listeners.get(instance)?.until(mine.length)
    t.strictSame(
      received?.map(({ event, message }) => [event, withoutOurs(message)]),
      mine.map((body) => [body.event, expected(body)]),
      `${instance}: each arrives once in its namespace, in order`
    )
  }

  for (const [queue, bodies] of Map.groupBy(fixtures, queueOf)) {
    const messages = await sqs.receive(queue, bodies.length)
    const byInstance = (list: { instance: string }[]) => Map.groupBy(list, ({ instance }) => instance)
    const parsed = messages.map(({ Body = '' }) => JSON.parse(Body) as WebhookBody)
    const wanted = byInstance(
      bodies.map((body) => ({ ...expected(body), dataType: 'json', server: 'instance-events' }))
    )
    const found = byInstance(parsed.map(withoutOurs) as WebhookBody[])
    for (const [instance, list] of wanted)
      t.strictSame(found.get(instance), list, `${queue}: ${instance}, once, in order`)
    t.equal(messages.length, bodies.length, `${queue}: nothing else`)
    for (const [index, { MessageAttributes = {}, Attributes = {} }] of messages.entries()) {
      t.match(MessageAttributes, {
        event: { StringValue: parsed[index]?.event },
        instance: { StringValue: parsed[index]?.instance },
        id: { StringValue: parsed[index]?.id }
      })
      t.equal(Attributes.MessageGroupId, parsed[index]?.instance)
      t.equal(Attributes.MessageDeduplicationId, parsed[index]?.id)
    }
    t.equal(sqs.depth(queue), 0, `${queue} is empty now`)
  }
}

t.equal(fixtures.length, 40)

t.test('instance mode: a queue for each instance and event', (t) =>
  postAll(t, {
    global: undefined,
    queueOf: ({ instance, event }) => `${OWN_PREFIX[instance]}_${eventKey(event).toLowerCase()}.fifo`
  })
)

t.test('global mode: a queue for each event', (t) =>
  postAll(t, { global: {}, queueOf: ({ event }) => `global_${eventKey(event).toLowerCase()}.fifo` })
)

t.test('single-queue mode: one queue for all', (t) =>
  postAll(t, { global: { prefix: 'hub', singleQueue: true }, queueOf: () => 'hub_singlequeue.fifo' })
)
