import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { data, emit, numbers } from '../support/resuming.ts'
import { client, connect, next, refusal } from '../support/sockets.ts'
import { freePort } from '../support/free-port.ts'

const UNAUTHORIZED = { code: 'IEV_WS_UNAUTHORIZED' }

type Options = Parameters<typeof refusal>[2]

/** Connects once for each of the options, one after the other. @returns the codes of the refusals */
async function codes(t: Test, url: string, options: readonly Options[]): Promise<string[]> {
  const found: string[] = []
  for (const each of options) found.push((await refusal(t, url, each)).code)
  return found
}

const unauthorized = (count: number) => numbers(count).map(() => 'IEV_WS_UNAUTHORIZED')

for (const backend of await backends(t)) {
  const serve = async (t: Test, options: Partial<AppOptions> = {}) =>
    listen(t, { sqs: false, eventLog: { url: await backend.start(t) }, ...options })

  t.test(
    `${backend.name}: a namespace of an instance refuses strangers, although the host has emitted to it before`,
    async (t) => {
      const { app, url } = await serve(t)
      for (const name of ['mine', 'loja são']) {
        await app.eventLog.instances.create({ name, token: `token of ${name}` })
        await app.websocket.set(name, { enabled: true })
        const path = `/${encodeURIComponent(name)}`
        app.io.of(path).emit('call', 'of the host')
        const tries = [{}, { apikey: 'wrong' }, { apikey: '' }].map((auth) => ({ auth }))
        t.strictSame(await codes(t, url + path, tries), unauthorized(3), name)
        const { until } = await connect(t, url + path, `token of ${name}`)
        await emit(app, name, 1)
        t.strictSame(data(await until(1)), [1], 'its token receives its events')
      }
    }
  )

  t.test(
    `${backend.name}: an instance created under the name of a host’s namespace refuses strangers, and those already connected receive none of its events`,
    async (t) => {
      const { app, url } = await serve(t)
      app.io.of('/late').emit('call', 'of the host')
      const early = await connect(t, `${url}/late`, 'anything')
      await app.websocket.set('late', { enabled: true })
      t.match(await refusal(t, `${url}/late`, { auth: { apikey: 'wrong' } }), UNAUTHORIZED)
      const { until } = await connect(t, `${url}/late`, API_KEY, { auth: { apikey: API_KEY, offset: 'latest' } })
      await emit(app, 'late', 1)
      t.match(data(await until(2)), [{ count: 0 }, 1])
      t.same(early.received, [])
    }
  )

  t.test(`${backend.name}: a page of another origin is refused, even from a browser on an allowed host`, async (t) => {
    const websocket = { allowedHosts: ['127.0.0.1'], corsOrigin: ['https://a.example'], globalEvents: true }
    const { url } = await serve(t, { websocket })
    for (const transports of [['websocket'], ['polling']]) {
      const from = (origin: string) => ({ auth: {}, transports, extraHeaders: { origin } })
      await connect(t, url, '', { auth: {}, transports })
      await connect(t, url, '', from('https://a.example'))
      t.match(await refusal(t, url, from('https://evil.example')), UNAUTHORIZED)
    }
  })

  t.test(`${backend.name}: a static namespace of the host accepts the host’s clients without a key`, async (t) => {
    const { app, url } = await serve(t)
    await app.websocket.set('mine', { enabled: true })
    app.io.of('/admin').on('connection', (socket) => socket.emit('welcome'))
    const { socket } = client(t, `${url}/admin`)
    await next(socket, 'welcome')
    t.equal(app.websocket.connected, 0)
  })

  t.test(
    `${backend.name}: a client of an allowed host needs a key if it comes through a proxy, whatever address the proxy names`,
    async (t) => {
      const websocket = { allowedHosts: ['127.0.0.1', '10.0.0.0/8'], trustProxy: ['loopback'], globalEvents: true }
      const { app, url } = await serve(t, { websocket })
      await app.websocket.set('mine', { enabled: true })
      const proxied: Record<string, string>[] = [
        { 'x-forwarded-for': '127.0.0.1' },
        { 'x-forwarded-for': '' },
        { via: '1.1 nginx' }
      ]
      for (const transports of [['websocket'], ['polling']]) {
        for (const path of ['/mine', '/']) {
          await connect(t, url + path, '', { auth: {}, transports })
          const tries = proxied.map((extraHeaders) => ({ auth: {}, transports, extraHeaders }))
          t.strictSame(await codes(t, url + path, tries), unauthorized(3), `${path} over ${transports.join()}`)
        }
      }
    }
  )

  t.test(
    `${backend.name}: clients that try to connect while the server starts are authorized by the same rules once it listens`,
    async (t) => {
      const port = await freePort()
      const options: Partial<AppOptions> = { sqs: false, eventLog: { url: await backend.start(t) } }
      const before = await build(t, options)
      await before.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
      await before.websocket.set('mine', { enabled: true })
      await before.close()

      const url = `http://127.0.0.1:${port}`
      const attempt = (path: string, apikey?: string) =>
        client(t, url + path, {
          auth: { ...(apikey !== undefined && { apikey }) },
          reconnectionDelay: 1,
          reconnectionDelayMax: 5
        })
      const right = [attempt('/mine', 'token-of-mine'), attempt('/mine', API_KEY)]
      const wrong = [attempt('/mine'), attempt('/mine', 'wrong'), attempt('/nobody', 'token-of-mine')]
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
      t.strictSame(await Promise.all(refused), ['IEV_WS_UNAUTHORIZED', 'IEV_WS_UNAUTHORIZED', 'IEV_WS_UNAUTHORIZED'])
      await emit(app, 'mine', 1)
      for (const { until } of right) t.strictSame(data(await until(1)), [1])
    }
  )

  t.test(
    `${backend.name}: after twenty wrong keys an address is blocked for a minute, for right keys too`,
    async (t) => {
      const { app, url } = await serve(t, { websocket: { globalEvents: true } })
      await app.websocket.set('mine', { enabled: true })
      const guesses = numbers(20).map((n) => ({ auth: { apikey: `guess ${n}` } }))
      t.strictSame(await codes(t, `${url}/mine`, guesses.slice(0, 10)), unauthorized(10))
      t.strictSame(await codes(t, url, guesses.slice(10, 19)), unauthorized(9))
      await connect(t, `${url}/mine`, API_KEY)
      t.strictSame(await codes(t, `${url}/nobody`, guesses.slice(19)), unauthorized(1))
      const blocked = await Promise.all(
        ['guess 20', 'guess 0', API_KEY]
          .flatMap((apikey) => [
            { auth: { apikey } },
            { auth: {}, extraHeaders: { apikey } },
            { auth: {}, query: { apikey } }
          ])
          .map((options) => refusal(t, `${url}/mine`, options))
      )
      t.match(
        blocked,
        numbers(9).map(() => ({ code: 'IEV_WS_RATE_LIMITED' }))
      )
      t.same(
        blocked.filter(({ retryAfterMs = 0 }) => retryAfterMs <= 0 || retryAfterMs > 60_000),
        []
      )
      t.match(await refusal(t, `${url}/mine`, { auth: {} }), UNAUTHORIZED, 'no key is not a guess')
      t.equal((await app.inject('/health')).statusCode, 200)
    }
  )

  t.test(
    `${backend.name}: repeats of one wrong key block nobody, and neither do tokens in namespaces of other instances`,
    async (t) => {
      const { app, url } = await serve(t, { eventLog: { wrongKeysPerMinute: 3 } })
      const { instances } = app.eventLog
      for (const n of numbers(5)) await instances.create({ name: `i${n}`, token: `token-${n}` })
      await app.websocket.set('i0', { enabled: true })
      const forgotten = numbers(100).map(() => ({ auth: { apikey: 'forgotten' } }))
      t.strictSame(await codes(t, `${url}/i0`, forgotten), unauthorized(100))
      for (const n of [1, 2, 3, 4])
        t.match(await refusal(t, `${url}/i${n}`, { auth: { apikey: `token-${n}` } }), { code: 'IEV_WS_NOT_SET' })
      const { socket } = await connect(t, `${url}/i0`, 'token-0')
      t.ok(socket.connected)
    }
  )

  t.test(`${backend.name}: behind a trusted proxy only the address that tries wrong keys is blocked`, async (t) => {
    const { app, url } = await serve(t, {
      websocket: { trustProxy: ['loopback'] },
      eventLog: { wrongKeysPerMinute: 2 }
    })
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

  t.test(
    `${backend.name}: without a trusted proxy an address is blocked whatever X-Forwarded-For it sends`,
    async (t) => {
      const { app, url } = await serve(t, { eventLog: { wrongKeysPerMinute: 2 } })
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
    }
  )
}
