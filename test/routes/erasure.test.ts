import t, { type Test } from 'tap'
import { API_KEY, build } from '../support/build.ts'

const JID = '5511999999999@s.whatsapp.net'

/** A server with the events of two tenants, whose tokens are `token-of-<instance>`. */
async function start(t: Test) {
  const app = await build(t, { sqs: false, websocket: false })
  for (const name of ['sales', 'other']) {
    await app.eventLog.instances.create({ name, token: `token-of-${name}` })
    await app.onInstanceEvent({ instance: name, event: 'call', id: 'a', data: { from: JID } })
  }
  const erase = async (payload: unknown, { apikey = API_KEY, instance = 'sales' } = {}) => {
    const url = `/events/${instance}/erase`
    const reply = await app.inject({ method: 'POST', url, headers: { apikey }, payload: payload as object })
    const { statusCode } = reply
    return { statusCode, ...reply.json<Record<string, unknown> & { response?: { message: string[] } }>() }
  }
  const values = async () => (await app.eventLog.store.log.read({ after: 0, limit: 10 })).map(({ data }) => data)
  return { app, erase, values }
}

const DATA = JSON.stringify({ from: JID })

t.test('the token of an instance erases its own events, and no others', async (t) => {
  const { erase, values } = await start(t)
  t.match(await erase({ jid: JID }, { apikey: 'token-of-other' }), { statusCode: 401, code: 'IEV_UNAUTHORIZED' })
  t.strictSame(await values(), [DATA, DATA])
  t.strictSame(await erase({ jid: JID }, { apikey: 'token-of-sales' }), {
    statusCode: 200,
    examined: 1,
    erased: 1,
    delivered: 0,
    pending: 0,
    deadLetters: 0,
    objects: 0,
    objectsFailed: [],
    after: 2,
    upTo: 2,
    done: true
  })
  t.strictSame(await values(), ['null', DATA])
})

t.test('the global key erases events of any instance, by ids as well', async (t) => {
  const { erase, values } = await start(t)
  t.match(await erase({ ids: ['a', 'b'] }, { instance: 'other' }), { statusCode: 200, erased: 1, missing: ['b'] })
  t.strictSame(await values(), [DATA, 'null'])
  t.match(await erase({ jid: JID }, { instance: 'nobody' }), { statusCode: 404, code: 'IEV_INSTANCE_NOT_FOUND' })
})

t.test('the global key erases events of removed instances of a name, and a token only those of its own', async (t) => {
  const { app, erase, values } = await start(t)
  const { instances } = app.eventLog
  await instances.remove('sales')
  t.match(await erase({ jid: JID }, { apikey: 'token-of-other' }), { statusCode: 401 })
  t.match(await erase({ jid: JID }, { apikey: 'token-of-sales' }), { statusCode: 401 })
  await instances.create({ name: 'sales', token: 'new-token-of-sales' })
  t.match(await erase({ jid: JID }, { apikey: 'new-token-of-sales' }), { statusCode: 200, examined: 0, erased: 0 })
  t.match(await erase({ ids: ['a'] }, { apikey: 'new-token-of-sales' }), { missing: ['a'] })
  t.strictSame(await values(), [DATA, DATA])
  await instances.remove('sales')
  t.match(await erase({ jid: JID }), { statusCode: 200, examined: 1, erased: 1, done: true })
  t.strictSame(await values(), ['null', DATA])
  await instances.remove('other')
  t.match(await erase({ ids: ['a', 'b'] }, { instance: 'other' }), { statusCode: 200, erased: 1, missing: ['b'] })
  t.strictSame(await values(), ['null', 'null'])
})

t.test('a body that does not say what to erase is refused, and nothing is erased', async (t) => {
  const { erase, values } = await start(t)
  for (const [payload, message] of [
    [{}, 'body must have jid or ids'],
    [{ after: 1 }, 'body must have jid or ids'],
    [{ jid: JID, ids: ['a'] }, 'body.jid and body.ids cannot be used together: send only one of them'],
    [{ ids: ['a'], after: 1 }, 'body.after can only be used with body.jid, not with body.ids'],
    [
      { jid: '5511999999999' },
      'body.jid must be a WhatsApp JID, such as 5511999999999@s.whatsapp.net (got "5511999999999")'
    ],
    [{ jid: '@s.whatsapp.net' }, /^body\.jid must be a WhatsApp JID/],
    [{ jid: `${JID}\n` }, /^body\.jid must be a WhatsApp JID/],
    [{ jid: '1'.repeat(141) }, 'body.jid must NOT have more than 140 characters'],
    [{ jid: 5 }, 'body.jid must be string'],
    [{ ids: [] }, 'body.ids must NOT have fewer than 1 items'],
    [{ ids: Array(1_001).fill('a') }, 'body.ids must NOT have more than 1000 items'],
    [{ ids: [''] }, 'body.ids.0 must NOT have fewer than 1 characters'],
    [{ ids: ['a'.repeat(129)] }, 'body.ids.0 must NOT have more than 128 characters'],
    [{ ids: 'a' }, 'body.ids must be array'],
    [{ jid: JID, after: -1 }, 'body.after must be >= 0'],
    [{ jid: JID, instance: 'other' }, 'body.instance is not a known field'],
    [[{ jid: JID }], 'body must be object']
  ] as const) {
    const reply = await erase(payload)
    t.match(reply, { statusCode: 400, code: 'IEV_VALIDATION', response: { message: [message] } }, String(message))
  }
  t.strictSame(await values(), [DATA, DATA])
})
