import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'
import { newEvents } from '../support/new-event.ts'

const JID = '5511999999999@s.whatsapp.net'
const EVENTS = 4_000
/** Pages of an erasure that may end while a post waits. */
const PATIENCE = 5

for (const backend of await backends(t)) {
  t.test(`${backend.name}: posts of another instance are accepted between the pages of a long erasure`, async (t) => {
    const app = await build(t, { sqs: false, websocket: false, eventLog: { url: await backend.start(t) } })
    const { erasure, store } = app.eventLog
    const data = JSON.stringify({ key: { remoteJid: JID } })
    for (let at = 0; at < EVENTS; at += 1_000) await store.log.append(newEvents(1_000, { data }))

    /** What has ended, in this order. */
    const ended: string[] = []
    const posts: Promise<unknown>[] = []
    const post = async (page: number) => {
      const payload = { event: 'call', id: `post ${page}`, data: { from: JID } }
      const { statusCode } = await app.inject({
        method: 'POST',
        url: '/events/other',
        headers: { apikey: API_KEY },
        payload
      })
      ended.push(`post ${page}`)
      t.equal(statusCode, 202)
    }
    const erase = store.log.erase.bind(store.log)
    t.intercept(store.log, 'erase', {
      value: async (...args: Parameters<typeof erase>) => {
        const page = posts.length
        posts.push(post(page))
        const erased = await erase(...args)
        ended.push(`page ${page}`)
        return erased
      }
    })
    t.match(await erasure.erase('sales', { jid: JID }), { examined: EVENTS, erased: EVENTS, done: true })
    ended.push('erasure')
    await Promise.all(posts)

    t.ok(posts.length >= 20, `it has ${posts.length} pages`)
    const waits = posts.slice(0, -PATIENCE).map((_, page) => {
      const [from, to] = [ended.indexOf(`page ${page}`), ended.indexOf(`post ${page}`)]
      return ended.slice(from, Math.max(from, to)).filter((what) => what.startsWith('page')).length
    })
    t.ok(Math.max(...waits) <= PATIENCE, `posts have waited for ${waits.join()} pages`)
    const others = await store.log.read({ after: EVENTS, limit: EVENTS })
    t.strictSame(
      others.map(({ id, data: kept }) => `${id} ${kept}`).toSorted(),
      posts.map((_, page) => `post ${page} ${JSON.stringify({ from: JID })}`).toSorted(),
      'all of them are stored, and none is erased'
    )
  })
}
