import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ConnectInstanceOptions, Resumed } from '../../lib/client/connect-instance.ts'
import { findChromium, openBrowser } from '../support/browser.ts'
import { API_KEY, bare, listen } from '../support/build.ts'
import { KEY, startFakeHub } from '../support/fake-hub.ts'
import { Watch } from '../support/watch.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** The modules of the page, in JavaScript. */
const MODULES = {
  '/connect-instance.js': stripTypeScriptTypes(read('lib/client/connect-instance.ts')),
  '/socket.io-client.js': read('node_modules/socket.io-client/dist/socket.io.esm.min.js')
}

/** A page that calls functions of the test, which the browser exposes to it. */
const PAGE = `<!doctype html>
<script type="importmap">{ "imports": { "socket.io-client": "/socket.io-client.js" } }</script>
<script type="module">
  import { connectInstance } from '/connect-instance.js'
  const { url, options } = await settings()
  connectInstance(url, {
    ...options,
    onEvent: ({ offset }) => onEvent(offset),
    onResumed,
    onError: ({ code }) => onError(code)
  })
</script>`

/** A server for a page, with functions that emit events and cut connections. */
interface Hub {
  url: string
  emit(count: number): unknown
  drop(): void
}

/** A page with its own browser context; closed after the test. */
async function openPage(t: Test, browser: Browser, url: string, options: Partial<ConnectInstanceOptions>) {
  const server = bare(t)
  server.get('/', (_request, reply) => reply.type('text/html').send(PAGE))
  for (const [path, source] of Object.entries(MODULES))
    server.get(path, (_request, reply) => reply.type('text/javascript').send(source))

  const watch = new Watch()
  const offsets: number[] = []
  const resumed: Resumed[] = []
  const errors: unknown[] = []
  const noteIn =
    <T>(list: T[]) =>
    (value: T) => {
      list.push(value)
      watch.changed()
    }
  const page = await browser.newPage()
  // Closed before the server, which would wait for the idle connections of the browser.
  t.after(() => page.close())
  await page.exposeFunction('settings', () => ({ url, options: { apikey: KEY, reconnectionDelay: 10, ...options } }))
  await page.exposeFunction('onEvent', noteIn(offsets))
  await page.exposeFunction('onResumed', noteIn(resumed))
  await page.exposeFunction('onError', noteIn(errors))
  page.on('pageerror', noteIn(errors))
  await page.goto(await server.listen({ host: '127.0.0.1', port: 0 }))

  return {
    offsets,
    errors,
    /** Waits for this number of events and of connections. */
    until: (events: number, connections: number) =>
      watch.until(() => errors.length > 0 || (offsets.length >= events && resumed.length >= connections))
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

/** Emits events before, during and after interruptions. */
async function interrupt(
  t: Test,
  browser: Browser,
  { hub, ...options }: Partial<ConnectInstanceOptions> & { hub: Hub }
) {
  await hub.emit(5)
  const { offsets, errors, until } = await openPage(t, browser, hub.url, { offset: 0, ...options })
  for (let round = 1; round <= 3; round++) {
    await until(round * 10 - 5, round)
    await hub.emit(3)
    await until(round * 10 - 2, round)
    hub.drop()
    await hub.emit(2)
    await until(round * 10, round + 1)
    await hub.emit(5)
  }
  await until(35, 4)
  t.same(errors, [])
  t.same(offsets, upTo(35))
}

const executable = findChromium()
const skip = executable === undefined && 'no Chromium found: install one, or say where it is in CHROMIUM_PATH'

t.test('connectInstance in a browser', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  t.test('WebSocket connections that drop cause neither gaps nor repeats', async (t) => {
    await interrupt(t, browser, { hub: await startFakeHub(t), transports: ['websocket'] })
  })

  t.test('connections that begin with long polling and drop cause neither gaps nor repeats', async (t) => {
    await interrupt(t, browser, { hub: await startFakeHub(t) })
  })

  for (const transports of [['websocket'], ['polling', 'websocket']]) {
    t.test(`the server itself, by ${transports.join(' and ')}`, async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      await app.websocket.set('sales', { enabled: true })
      const hub = {
        url: `${url}/sales`,
        emit: async (count: number) => {
          for (let n = 0; n < count; n++) await app.onInstanceEvent({ instance: 'sales', event: 'call', data: n })
        },
        drop: () => app.io.of('/sales').sockets.forEach(({ conn }) => conn.close())
      }
      await interrupt(t, browser, { hub, apikey: API_KEY, transports })
    })
  }

  t.test('an upgrade from long polling to WebSocket loses no events', async (t) => {
    const hub = await startFakeHub(t)
    const steps: string[] = []
    hub.io.engine.on('connection', (conn) => {
      steps.push(conn.transport.name)
      for (const step of ['upgrading', 'upgrade']) {
        conn.once(step, () => {
          steps.push(step)
          hub.emit(100)
        })
      }
    })
    hub.emit(100)
    const { offsets, errors, until } = await openPage(t, browser, hub.url, { offset: 0 })
    await until(300, 1)
    t.same(errors, [])
    t.same(offsets, upTo(300))
    t.same(steps, ['polling', 'upgrading', 'upgrade'])
  })
})
