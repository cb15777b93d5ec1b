import t from 'tap'
import { findByNumber, readConnection } from '../../lib/event-log/connection.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { newEvent, newEvents } from '../support/new-event.ts'

t.test('the connection of an instance takes no more reads of the log the longer it has no update', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const sender = '5511912345678@s.whatsapp.net'
  const envelope = `"sender":"${sender}"`
  await store.log.append([newEvent({ event: 'connection.update', data: '{"state":"open"}' })])
  await store.log.append(newEvents(9_000, { envelope }))
  await store.log.append([newEvent({ instance: 'support' })])
  const { read, range } = store.log
  let asked = 0
  store.log.read = (options) => {
    asked++
    return read.call(store.log, options)
  }
  store.log.range = () => {
    asked++
    return range.call(store.log)
  }
  const keyOf = (name: string) => store.instances.require(name).key
  const nothing = { state: null, ownerJid: null, profileName: null, profilePicUrl: null }
  t.same(await readConnection(store.log, keyOf('sales')), { ...nothing, state: 'open', ownerJid: sender })
  t.equal(asked, 3)
  t.same(await readConnection(store.log, keyOf('support')), nothing)
  t.equal(asked, 6)
  t.same(await readConnection(store.log, 3), nothing)
  t.equal(asked, 8)
  t.match(await findByNumber(store.log, '+55 11 91234-5678'), { instance: 'sales' })
  t.equal(await findByNumber(store.log, '1'), undefined)
})
