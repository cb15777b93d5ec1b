import t, { type Test } from 'tap'
import { Erasure, type ErasureLimits } from '../../lib/erasure/erasure.ts'
import type { Transport } from '../../lib/event-log/transport.ts'
import { CALLER_ID, QUEUED } from '../../lib/events/event.ts'
import { type Backend, backends } from '../support/backends.ts'
import { newEvent } from '../support/new-event.ts'
import { openStore } from '../../lib/store/open.ts'

const JID = '5511999999999@s.whatsapp.net'
const ALL = { after: 0, limit: 1_000 }
const NOTHING = { examined: 0, erased: 0, delivered: 0, pending: 0, deadLetters: 0, objects: 0, objectsFailed: [] }

interface Options {
  limits?: ErasureLimits
  transports?: readonly Partial<Transport>[]
}

async function start(t: Test, backend: Backend, { limits, transports = [] }: Options = {}) {
  const store = await openStore({ url: await backend.start(t) })
  t.after(() => store.close())
  const logged: unknown[] = []
  const erasure = new Erasure({
    store,
    transports: () => transports as readonly Transport[],
    log: { info: (...line: unknown[]) => logged.push(line) } as never,
    ...(limits && { limits })
  })
  return { store, erasure, logged }
}

const of = (jid: string) => JSON.stringify({ key: { remoteJid: jid } })

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: events of one contact are erased in pages, from where the call before has stopped`,
    async (t) => {
      const { store, erasure, logged } = await start(t, backend, {
        limits: { pageEvents: 3, pageCharacters: 1_000_000, pages: 2, forgotten: 10 }
      })
      await store.log.append(
        Array.from({ length: 20 }, (_, n) =>
          newEvent({ instance: n % 2 ? 'sales' : 'other', data: of(n % 3 ? 'someone@s.whatsapp.net' : JID) })
        )
      )
      const calls = []
      for (let after = 0, done = false; !done && calls.length < 9;) {
        const call = await erasure.erase('sales', { jid: JID, after })
        calls.push(call)
        ;({ after, done } = call)
      }
      // Of the ten events of sales, those at the offsets 4, 10 and 16 name the contact.
      t.match(calls, [
        { examined: 6, erased: 2, after: 12, upTo: 20, done: false },
        { examined: 4, erased: 1, after: 20, upTo: 20, done: true }
      ])
      const events = await store.log.read(ALL)
      t.strictSame(
        events.filter(({ data }) => data === 'null').map(({ offset }) => offset),
        [4, 10, 16]
      )
      t.equal(events.filter(({ data }) => data === of(JID)).length, 4, 'the other instance keeps its own')
      t.match(await erasure.erase('sales', { jid: JID }), { examined: 6, erased: 0, done: false })
      t.notMatch(JSON.stringify(logged), '55119', 'whom it was about is not logged')
      t.match(logged[0], [{ instance: 'sales', examined: 6, erased: 2, done: false }, 'Events were erased'])
      await t.rejects(erasure.erase('nobody', { jid: JID }), { code: 'IEV_INSTANCE_NOT_FOUND' })
    }
  )

  t.test(
    `${backend.name}: events of all instances that had a name are erased, in pages, by JID and by ids`,
    async (t) => {
      const { store, erasure } = await start(t, backend, {
        limits: { pageEvents: 3, pageCharacters: 1_000_000, pages: 2, forgotten: 10 }
      })
      const members = { id: 'a', flags: CALLER_ID, data: of(JID) }
      for (let time = 0; time < 3; time++) {
        await store.log.append([newEvent(members), newEvent({ ...members, id: `${time}`, instance: 'other' })])
        await store.log.append([newEvent({ data: of(JID) })])
        await store.instances.remove('sales')
      }
      const erased = async () =>
        (await store.log.read(ALL)).filter(({ data }) => data === 'null').map(({ offset }) => offset)
      await t.rejects(erasure.erase('sales', { jid: JID }), { code: 'IEV_INSTANCE_NOT_FOUND' })
      await t.rejects(erasure.erase('nobody', { jid: JID }, { removed: true }), { code: 'IEV_INSTANCE_NOT_FOUND' })
      const ids = await erasure.erase('sales', { ids: ['a', 'b'] }, { removed: true })
      t.match(ids, { examined: 3, erased: 3, missing: ['b'], done: true })
      t.strictSame(await erased(), [1, 4, 7])

      let sum = 0
      for (let after = 0, done = false, calls = 0; !done && calls < 9; calls++) {
        const call = await erasure.erase('sales', { jid: JID, after }, { removed: true })
        sum += call.erased
        ;({ after, done } = call)
      }
      t.equal(sum, 3)
      t.strictSame(await erased(), [1, 3, 4, 6, 7, 9])
      await store.instances.create({ name: 'silent', token: 'token of silent' })
      t.match(await erasure.erase('silent', { jid: JID }, { removed: true }), { examined: 0, done: true })
    }
  )

  t.test(`${backend.name}: the contact may be named in the data, the sender or an extra member`, async (t) => {
    const { store, erasure } = await start(t, backend)
    await store.log.append([
      newEvent({ data: `{"presences":{"${JID}":{}}}` }),
      newEvent({ envelope: `"server_url":"","sender":"${JID}"` }),
      newEvent({ extra: `"who":"${JID}"` }),
      newEvent()
    ])
    t.strictSame(await erasure.erase('sales', { jid: JID }), {
      ...NOTHING,
      examined: 4,
      erased: 3,
      after: 4,
      upTo: 4,
      done: true
    })
    for (const { data, envelope, extra } of await store.log.read(ALL)) t.notMatch(data + envelope + extra, '55119')
    t.strictSame(await erasure.erase('sales', { jid: JID, after: 4 }), { ...NOTHING, after: 4, upTo: 4, done: true })
  })

  t.test(`${backend.name}: events are erased by ids, and those that the log does not have are named`, async (t) => {
    const { store, erasure } = await start(t, backend)
    const ids = Array.from({ length: 45 }, (_, n) => `id-${n}`)
    await store.log.append([
      ...ids.map((id) => newEvent({ id, flags: CALLER_ID })),
      newEvent({ instance: 'other', id: 'id-0', flags: CALLER_ID }),
      newEvent({ instance: 'other', id: 'of-other', flags: CALLER_ID })
    ])
    const result = { ...NOTHING, examined: 45, missing: ['none', 'of-other'], after: 47, upTo: 47, done: true }
    const request = { ids: ['none', ...ids, ...ids, 'of-other'] }
    t.strictSame(await erasure.erase('sales', request), { ...result, erased: 45 })
    t.strictSame(await erasure.erase('sales', request), result, 'a second time there is nothing left to erase')
    const kept = (await store.log.read(ALL)).filter(({ data }) => data !== 'null')
    t.strictSame(
      kept.map(({ offset }) => offset),
      [46, 47]
    )
  })

  t.test(
    `${backend.name}: a caller learns what SQS has received, what is pending and what is a dead letter`,
    async (t) => {
      const { store, erasure } = await start(t, backend)
      const queued = (queues: string[]) => newEvent({ data: of(JID), queues, flags: QUEUED })
      await store.log.append([
        queued(['a']),
        queued(['a', 'b']),
        queued(['b', 'c']),
        queued(['a']),
        newEvent({ data: of(JID) })
      ])
      const { key: instanceKey } = store.instances.require('sales')
      await store.deliveries.acknowledge([
        { queue: 'a', instanceKey, offset: 1 },
        { queue: 'a', instanceKey, offset: 2 }
      ])
      for (const queue of ['b', 'c'])
        await store.deliveries.bury({ queue, instanceKey, offset: 3 }, { reason: 'No', message: '', attempts: 1 })
      t.match(await erasure.erase('sales', { jid: JID }), { erased: 5, delivered: 1, pending: 2, deadLetters: 2 })
    }
  )

  t.test(`${backend.name}: transports forget their copies, also of events that were erased before`, async (t) => {
    const asked: string[][] = []
    const failed = [{ id: 'b', key: 'hub/sales/b.json', reason: 'AccessDenied: no' }]
    const { store, erasure } = await start(t, backend, {
      transports: [
        {},
        {
          forget: async (events) => {
            asked.push(events.map(({ id, data }) => `${id} ${data}`))
            return asked.length === 2 ? { events: 2, objects: 1, failed } : { events: 2, objects: 2, failed: [] }
          }
        }
      ]
    })
    await store.log.append(['a', 'b'].map((id) => newEvent({ id, flags: CALLER_ID, data: of(JID) })))
    t.match(await erasure.erase('sales', { jid: JID }), { erased: 2, objects: 3, objectsFailed: failed })
    t.match(await erasure.erase('sales', { ids: ['b'] }), { erased: 0, objects: 4, objectsFailed: [] })
    const both = [`a ${of(JID)}`, `b ${of(JID)}`]
    t.strictSame(asked, [both, both, ['b null'], ['b null']], 'before and after they are erased in the log')
  })

  t.test(`${backend.name}: a call ends after the page in which copies of many events were looked for`, async (t) => {
    const forget = async ({ length }: readonly unknown[]) => ({ events: length, objects: 0, failed: [] })
    const { store, erasure } = await start(t, backend, {
      limits: { pageEvents: 3, pageCharacters: 1_000_000, pages: 9, forgotten: 4 },
      transports: [{ forget }]
    })
    await store.log.append(Array.from({ length: 10 }, () => newEvent({ data: of(JID) })))
    t.match(await erasure.erase('sales', { jid: JID }), { erased: 6, after: 6, done: false })
    t.match(await erasure.erase('sales', { jid: JID, after: 6 }), { erased: 4, after: 10, done: true })
  })
}
