import { request } from 'node:http'
import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, listen } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const OWN = '/webhook/evolution'
const BY_EVENTS = '/webhook/evolution/messages-upsert'
const GLOBAL = `/webhook/evolution?apikey=${API_KEY}`

/** Body number `n` of Evolution API's webhook. */
function body(n: number, destination: string): string {
  return JSON.stringify({
    event: 'messages.upsert',
    instance: 'sales',
    data: { key: { id: `3EB0A${n}` }, message: { conversation: 'Oi' }, messageTimestamp: n },
    destination,
    date_time: `2026-01-31T12:00:00.00${n}Z`,
    sender: '5511912345678@s.whatsapp.net',
    server_url: 'http://localhost:8081',
    apikey: null
  })
}

for (const { name, start } of await backends(t)) {
  t.test(
    `${name}: each event is in queue and socket once, in order, if both webhooks send it and an answer is lost`,
    async (t) => {
      const sqs = await startSqs(t)
      const { app, url } = await listen(t, { sqs: sqs.options, eventLog: { url: await start(t) } })
      await app.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
      await app.websocket.set('sales', { enabled: true })
      const listener = await connect(t, `${url}/sales`, API_KEY)
      const headers = (path: string) => ({
        'content-type': 'application/json',
        ...(path !== GLOBAL && { apikey: API_KEY })
      })
      const post = async (n: number, path: string): Promise<unknown> => {
        const reply = await fetch(`${url}${path}`, { method: 'POST', headers: headers(path), body: body(n, path) })
        const { duplicate } = (await reply.json()) as { duplicate?: boolean }
        return [reply.status, duplicate]
      }
      const postAndLoseTheAnswer = async (n: number, path: string): Promise<void> => {
        const sent = request(`${url}${path}`, { method: 'POST', headers: headers(path) })
        sent.on('error', () => {})
        sent.end(body(n, path))
        await until(async () => (await app.eventLog.store.log.range()).head === n)
        sent.destroy()
        await until(() => sent.closed)
      }

      const answers = [await post(1, OWN), await post(1, GLOBAL)]
      await postAndLoseTheAnswer(2, OWN)
      // Evolution API does not wait for an answer before it sends what comes next, and repeats after some seconds.
      answers.push(await post(3, GLOBAL), await post(3, BY_EVENTS), await post(2, OWN), await post(2, GLOBAL))
      answers.push(await post(4, OWN), await post(1, OWN), await post(4, GLOBAL))
      const [fresh, repeated] = [
        [202, false],
        [202, true]
      ]
      const inTurn = [fresh, repeated, fresh, repeated, repeated, repeated, fresh, repeated, repeated]
      t.strictSame(answers, inTurn)
      const atOnce = await Promise.all([OWN, GLOBAL, BY_EVENTS].map((path) => post(5, path)))
      t.strictSame(atOnce.toSorted(), [fresh, repeated, repeated], 'also when they come at once')

      const numberOf = ({ data }: Record<string, unknown>) => (data as { messageTimestamp: number }).messageTimestamp
      t.strictSame((await sqs.bodies('sales_messages_upsert.fifo', 5)).map(numberOf), [1, 2, 3, 4, 5])
      t.strictSame(
        (await listener.until(5)).map(({ message }) => numberOf(message)),
        [1, 2, 3, 4, 5]
      )
      // Everything was sent: nothing more can come.
      await until(() => app.eventLog.store.deliveries.pendingCount() === 0)
      t.equal(sqs.depth('sales_messages_upsert.fifo'), 0)
      t.equal((await app.eventLog.store.log.range()).head, 5)
    }
  )
}
