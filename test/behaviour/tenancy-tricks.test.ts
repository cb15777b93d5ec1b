import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { data, emit, numbers } from '../support/resuming.ts'
import { client, connect, next, refusal } from '../support/sockets.ts'
import { freePort } from '../support/free-port.ts'

const UNAUTHORIZED = { code: 'IEV_WS_UNAUTHORIZED' }

for (const backend of await backends(t)) {
  const serve = async (t: Test, options: Partial<AppOptions> = {}) =>
    listen(t, { sqs: false, eventLog: { url: await backend.start(t) }, ...options })

  t.test(
    `${backend.name}: the namespace of an instance that the host has written to does not let strangers in`,
    async (t) => {
      const { app, url } = await serve(t)
      for (const name of ['mine', 'loja são']) {
        await app.eventLog.instances.create({ name, token: `token of ${name}` })
        await app.websocket.set(name, { enabled: true })
        const path = `/${encodeURIComponent(name)}`
        app.io.of(path).emit('call', 'of the host')
        for (const auth of [{}, { apikey: 'wrong' }, { apikey: '' }]) {
          t.match(await refusal(t, url + path, { auth }), UNAUTHORIZED)
        }
        const { until } = await connect(t, url + path, `token of ${name}`)
        await emit(app, name, 1)
        t.strictSame(data(await until(1)), [1], 'and those who may listen hear what they should')
      }
    }
  )

  t.test(`${backend.name}: nor that of an instance that comes later`, async (t) => {
    const { app, url } = await serve(t)
    app.io.of('/late').emit('call', 'of the host')
    const early = await connect(t, `${url}/late`, 'anything')
    await app.websocket.set('late', { enabled: true })
    t.match(await refusal(t, `${url}/late`, { auth: { apikey: 'wrong' } }), UNAUTHORIZED)
    const { until } = await connect(t, `${url}/late`, API_KEY, { auth: { apikey: API_KEY, offset: 'latest' } })
    await emit(app, 'late', 1)
    t.match(data(await until(2)), [{ count: 0 }, 1])
    t.same(early.received, [], 'who was the host’s guest stays that')
  })

  t.test(`${backend.name}: a page elsewhere gets nothing by way of a browser on an allowed host`, async (t) => {
    const websocket = { allowedHosts: ['127.0.0.1'], corsOrigin: ['https://a.example'], globalEvents: true }
    const { url } = await serve(t, { websocket })
    for (const transports of [['websocket'], ['polling']]) {
      const from = (origin: string) => ({ auth: {}, transports, extraHeaders: { origin } })
      await connect(t, url, '', { auth: {}, transports })
      await connect(t, url, '', from('https://a.example'))
      t.match(await refusal(t, url, from('https://evil.example')), UNAUTHORIZED)
    }
  })

  t.test(`${backend.name}: a static namespace of the host’s is the host’s`, async (t) => {
    const { app, url } = await serve(t)
    await app.websocket.set('mine', { enabled: true })
    app.io.of('/admin').on('connection', (socket) => socket.emit('welcome'))
    const { socket } = client(t, `${url}/admin`)
    await next(socket, 'welcome')
    t.equal(app.websocket.connected, 0)
  })

  t.test(
    `${backend.name}: no key passes through a proxy, whatever address it names, over either transport`,
    async (t) => {
      const websocket = { allowedHosts: ['127.0.0.1', '10.0.0.0/8'], trustProxy: ['loopback'], globalEvents: true }
      const { app, url } = await serve(t, { websocket })
      await app.websocket.set('mine', { enabled: true })
      for (const transports of [['websocket'], ['polling']]) {
        for (const path of ['/mine', '/']) {
          await connect(t, url + path, '', { auth: {}, transports })
          for (const extraHeaders of [
            { 'x-forwarded-for': '127.0.0.1' },
            { 'x-forwarded-for': '' },
            { via: '1.1 nginx' }
          ]) {
            t.match(await refusal(t, url + path, { auth: {}, transports, extraHeaders }), UNAUTHORIZED)
          }
        }
      }
    }
  )

  t.test(
    `${backend.name}: who knocks while the server starts is let in by the same rules, once it listens`,
    async (t) => {
      const port = await freePort()
      const options: Partial<AppOptions> = { sqs: false, eventLog: { url: await backend.start(t) } }
      const before = await build(t, options)
      await before.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
      await before.websocket.set('mine', { enabled: true })
      await before.close()

      const url = `http://127.0.0.1:${port}`
      const knock = (path: string, apikey?: string) =>
        client(t, url + path, {
          auth: { ...(apikey !== undefined && { apikey }) },
          reconnectionDelay: 1,
          reconnectionDelayMax: 5
        })
      const right = [knock('/mine', 'token-of-mine'), knock('/mine', API_KEY)]
      const wrong = [
        knock('/mine'),
        knock('/mine', 'wrong'),
        knock('/', 'token-of-mine'),
        knock('/nobody', 'token-of-mine')
      ]
      const refused = wrong.map(
        ({ socket }) =>
          new Promise((resolve) =>
            socket.on(
              'connect_error',
              (error: Error & { data?: { code: string } }) => error.data && resolve(error.data.code)
            )
          )
      )
      for (const { socket } of wrong) socket.on('connect', () => t.fail('it was admitted'))
      await Promise.all(right.map(({ socket }) => next(socket, 'connect_error')))

      const { app } = await listen(t, { ...options, port })
      await Promise.all(right.map(({ socket }) => socket.connected || next(socket, 'connect')))
      t.strictSame(await Promise.all(refused), [
        'IEV_WS_UNAUTHORIZED',
        'IEV_WS_UNAUTHORIZED',
        'IEV_WS_DISABLED',
        'IEV_WS_UNAUTHORIZED'
      ])
      await emit(app, 'mine', 1)
      for (const { until } of right) t.strictSame(data(await until(1)), [1])
    }
  )

  t.test(`${backend.name}: keys cannot be tried: after so many, none of the address is looked at`, async (t) => {
    const { app, url } = await serve(t, { websocket: { globalEvents: true } })
    await app.websocket.set('mine', { enabled: true })
    for (const n of numbers(19)) {
      t.match(await refusal(t, `${url}${n % 2 ? '/mine' : '/'}`, { auth: { apikey: `guess ${n}` } }), UNAUTHORIZED)
    }
    await connect(t, `${url}/mine`, API_KEY)
    t.match(await refusal(t, `${url}/nobody`, { auth: { apikey: 'guess 19' } }), UNAUTHORIZED)
    for (const apikey of ['guess 20', 'guess 0', API_KEY]) {
      for (const options of [
        { auth: { apikey } },
        { auth: {}, extraHeaders: { apikey } },
        { auth: {}, query: { apikey } }
      ]) {
        const { code, retryAfterMs = 0 } = await refusal(t, `${url}/mine`, options)
        t.equal(code, 'IEV_WS_RATE_LIMITED')
        t.ok(retryAfterMs > 0 && retryAfterMs <= 60_000, `${retryAfterMs}`)
      }
    }
    t.match(await refusal(t, `${url}/mine`, { auth: {} }), UNAUTHORIZED, 'no key is no guess')
    const reply = await app.inject({ url: '/health' })
    t.equal(reply.statusCode, 200)
  })

  t.test(
    `${backend.name}: one wrong key, however often, shuts nobody out; nor does a right one in the wrong place`,
    async (t) => {
      const { app, url } = await serve(t, { websocket: { wrongKeysPerMinute: 3 } })
      const { instances } = app.eventLog
      for (const n of numbers(5)) await instances.create({ name: `i${n}`, token: `token-${n}` })
      await app.websocket.set('i0', { enabled: true })
      for (let n = 0; n < 100; n++) {
        t.match(await refusal(t, `${url}/i0`, { auth: { apikey: 'forgotten' } }), UNAUTHORIZED)
      }
      for (const n of [1, 2, 3, 4]) {
        t.match(await refusal(t, `${url}/i${n}`, { auth: { apikey: `token-${n}` } }), { code: 'IEV_WS_NOT_SET' })
      }
      const { socket } = await connect(t, `${url}/i0`, 'token-0')
      t.ok(socket.connected)
    }
  )

  t.test(`${backend.name}: behind a proxy that is trusted, those who try keys do not shut out others`, async (t) => {
    const websocket = { wrongKeysPerMinute: 2, trustProxy: ['loopback'] }
    const { app, url } = await serve(t, { websocket })
    await app.websocket.set('mine', { enabled: true })
    const from = (address: string, apikey: string) => ({
      auth: { apikey },
      extraHeaders: { 'x-forwarded-for': `forged, ${address}` }
    })
    for (const n of numbers(2)) await refusal(t, `${url}/mine`, from('203.0.113.7', `guess ${n}`))
    t.match(await refusal(t, `${url}/mine`, from('203.0.113.7', API_KEY)), { code: 'IEV_WS_RATE_LIMITED' })
    await connect(t, `${url}/mine`, '', from('203.0.113.8', API_KEY))
    await connect(t, `${url}/mine`, API_KEY)
  })

  t.test(`${backend.name}: a new X-Forwarded-For for each try does not help`, async (t) => {
    const { app, url } = await serve(t, { websocket: { wrongKeysPerMinute: 2 } })
    await app.websocket.set('mine', { enabled: true })
    const from = (n: number) => ({
      auth: { apikey: `guess ${n}` },
      extraHeaders: {
        'x-forwarded-for': `203.0.113.${n}`,
        forwarded: `for=203.0.113.${n}`,
        'x-real-ip': `203.0.113.${n}`
      }
    })
    for (const n of numbers(2)) t.match(await refusal(t, `${url}/mine`, from(n)), UNAUTHORIZED)
    t.match(await refusal(t, `${url}/mine`, from(3)), { code: 'IEV_WS_RATE_LIMITED' })
  })
}
