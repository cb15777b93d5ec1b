import t from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { overwrite, placeOf, writeLog } from '../support/damage.ts'
import { newEvent } from '../support/new-event.ts'
import { data, numbers } from '../support/resuming.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }

t.test(
  'a damaged event is reported and not delivered; those behind it reach the queue and sockets in order',
  async (t) => {
    const sqs = await startSqs(t)
    const written = numbers(20).map((n) => {
      const id = `id-${n}`
      const envelope = `"server_url":"","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"${id}"`
      return newEvent({ id, event: 'call', data: `"<${n}>"`, envelope, queues: ['global_call.fifo'] })
    })
    const path = await writeLog(t, written)
    overwrite(path, [placeOf(path, '"<7>"')], Buffer.alloc(3))
    const { app, url } = await listen(t, {
      eventLog: { url: `file:${path}` },
      sqs: { ...sqs.options, global: { events: ['CALL'] } }
    })
    await app.websocket.set('sales', { enabled: true })
    const left = numbers(20)
      .filter((n) => n !== 7)
      .map((n) => `<${n}>`)

    await until(() => app.eventLog.store.deliveries.pendingCount() === 0)
    checkQueues(t, sqs.server, { 'global_call.fifo': new Map([['sales', left]]) })
    const socket = await connect(t, `${url}/sales`, API_KEY, { auth: { apikey: API_KEY, offset: 0 } })
    t.same(data(await socket.until(20)).slice(0, -1), left)
    const page = await app.inject({ url: '/events/sales', headers })
    t.same(
      page.json<{ events: { data: string }[] }>().events.map((event) => event.data),
      left
    )

    const fault = { code: 'IEV_STORE_DAMAGED', message: new RegExp(`${path} is damaged .*1 events cannot be read`) }
    const overview = await app.inject({ url: '/overview', headers })
    t.match(overview.json(), { faults: [{ component: 'eventLog', ...fault }], deadLetters: 1 })
    const ready = await app.inject('/ready')
    t.match([ready.statusCode, ready.json()], [503, { checks: { eventLog: { ok: false, ...fault } } }])
    t.match((await app.inject('/metrics')).body, /^iev_store_damaged_events 1$/m)
    const letters = await app.inject({ url: '/sqs/deadletters', headers })
    t.match(letters.json(), { deadLetters: [{ offset: 8, reason: 'IEV_EVENT_DAMAGED', instance: 'sales' }] })
  }
)
