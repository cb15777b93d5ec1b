import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { rawData, rawListener } from '../support/raw-socket.ts'
import { emit, heldStore, numbers } from '../support/resuming.ts'
import { client } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const TOKEN = 'token-of-the-sockets-that-resume'
/** Sockets that receive the same page, some of them in each turn of the event loop. */
const SOCKETS = 300

/** Sockets of an instance that receive the same two events, and what has changed once the first of them have them. */
async function resumeWhile(t: Test, change: (app: Awaited<ReturnType<typeof listen>>['app']) => Promise<unknown>) {
  const held = heldStore(t)
  const { app, url } = await listen(t, { sqs: false, eventLog: { store: held.store } })
  const selections = { websocket: { enabled: true, events: ['CALL', 'MESSAGES_UPSERT'] } }
  await app.eventLog.instances.create({ name: 'sales', token: TOKEN, selections })
  await emit(app, 'sales', 'call')
  await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: 'message' })
  // All others wait while these two are read for.
  const reads = []
  for (let reading = 0; reading < 2; reading++) {
    client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset: 0 } })
    reads.push(await held.read())
  }
  const auth = { apikey: TOKEN, offset: 0 }
  const sockets = await Promise.all(numbers(SOCKETS).map(() => rawListener(t, url, '/sales', auth)))
  await until(() => app.websocket.replaying === SOCKETS + 2)
  held.open()
  for (const read of reads) read.answer()
  let changing: Promise<unknown> | undefined
  while (app.websocket.replaying > 0) {
    if (app.websocket.replaying < SOCKETS) changing ??= change(app)
    await setImmediate()
  }
  await changing
  return sockets
}

/** How many of the lists are equal to each other, by their JSON. */
function counts(lists: readonly unknown[][]): Record<string, number> {
  const byJson = Map.groupBy(lists, (list) => JSON.stringify(list))
  return Object.fromEntries([...byJson].map(([json, same]) => [json, same.length]))
}

t.test('a selection that changes while a page is sent applies to the sockets that do not have it yet', async (t) => {
  const sockets = await resumeWhile(t, (app) =>
    app.websocket.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
  )
  await Promise.all(sockets.map(({ packet }) => packet(/"resumed"/)))
  const {
    '["call","message",null]': before = 0,
    '["message",null]': after = 0,
    ...others
  } = counts(sockets.map(rawData))
  t.same(others, {})
  t.ok(before > 0 && after > 0, `${before} sockets before the change, ${after} after it`)
})

t.test('a token that is revoked while a page is sent ends the replays that it authorized', async (t) => {
  const sockets = await resumeWhile(t, (app) => app.eventLog.instances.setToken('sales', `another-${TOKEN}`))
  await Promise.all(sockets.map(({ packet }) => packet(/^41/)))
  const { '["call","message",null]': before = 0, '[]': after = 0, ...others } = counts(sockets.map(rawData))
  t.same(others, {})
  t.ok(before > 0 && after > 0, `${before} sockets before the change, ${after} after it`)
})
