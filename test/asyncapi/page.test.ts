import t from 'tap'
import app from '../../app.ts'
import type { AsyncApiDocument } from '../../lib/asyncapi/types.ts'
import { findChromium, openBrowser } from '../support/browser.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'

const SQS = { region: 'us-east-1', global: {} }

t.test('the page names every server, channel, message and schema, and its links have targets', async (t) => {
  const server = await build(t, { docs: true, sqs: SQS, websocket: { globalEvents: true } })
  const { statusCode, headers, body } = await server.inject('/docs/asyncapi')
  t.equal(statusCode, 200, 'without a key')
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  const { channels, components } = (await server.inject('/docs/asyncapi.json')).json<AsyncApiDocument>()
  const named = [
    ...Object.values(channels).map(({ address }) => `<code>${address}</code>`),
    ...Object.keys(components.messages).map((id) => `id="messages-${id}"`),
    ...Object.keys(components.schemas).map((id) => `id="schemas-${id}"`)
  ]
  t.same(
    named.filter((text) => !body.includes(text)),
    []
  )

  const targets = new Set([...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  const links = [...body.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id)
  t.same(
    links.filter((id) => !targets.has(id)),
    []
  )
  t.ok(links.length > 100)
  const paths = [...body.matchAll(/ href="(\/[^"]*)"/g)].map(([, path = '']) => path)
  const statuses = await Promise.all(paths.map(async (path) => (await server.inject(path)).statusCode))
  t.same(
    statuses,
    paths.map(() => 200)
  )
  t.notMatch(body, /<script/i)
  t.match(body, /Identifies the log that the offsets belong to/)
  t.match(body, '&quot;bindingVersion&quot;: &quot;0.3.0&quot;', 'the query of requests')
})

t.test('the host of a request is escaped', async (t) => {
  const server = await build(t, { docs: true, sqs: false })
  const { body } = await server.inject({ url: '/docs/asyncapi', headers: { host: `"><script>alert('&')</script>` } })
  t.notMatch(body, '<script>')
  t.match(body, '&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;')
})

t.test('the links include the prefix', async (t) => {
  const server = bare(t)
  await server.register(app, { apiKey: API_KEY, prefix: '/hub', eventLog: { url: ':memory:' }, sqs: false })
  const { body } = await server.inject('/hub/docs/asyncapi')
  const paths = [...body.matchAll(/ href="(\/[^"]*)"/g)].map(([, path]) => path)
  t.same(paths, ['/hub/docs/asyncapi.json', '/hub/docs'])
})

const executable = findChromium()
const skip = executable === undefined && 'no Chromium found: install one, or say where it is in CHROMIUM_PATH'

t.test('the page works in a browser', { skip }, async (t) => {
  const { url } = await listen(t, { docs: true, sqs: SQS })
  const page = await (await openBrowser(t, executable as string)).newPage()
  t.after(() => page.close())
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(`${url}/docs/asyncapi`)
  const background = (scheme: 'light' | 'dark') =>
    page.emulateMedia({ colorScheme: scheme }).then(() => page.evaluate('getComputedStyle(document.body).color'))
  t.not(await background('light'), await background('dark'), 'light and dark')
  t.equal(
    await page.evaluate('getComputedStyle(document.querySelector("summary")).cursor'),
    'pointer',
    'its style applies'
  )

  const schema = page.locator('[id="schemas-messages.upsert"]')
  t.equal(await schema.isVisible(), false)
  await page.locator('summary', { hasText: 'websocket.messages.upsert' }).click()
  await page
    .locator('[id="messages-websocket.messages.upsert"]')
    .getByText('messages.upsert', { exact: true })
    .first()
    .click()
  await schema.waitFor({ state: 'visible' })
  t.match(await schema.textContent(), /remoteJid .*string/s, 'a link opens its target')
  t.same(
    complaints.filter((text) => !text.includes('favicon')),
    [],
    'nothing is blocked'
  )
})
