import t from 'tap'
import app from '../../app.ts'
import type { AsyncApiDocument } from '../../lib/asyncapi/types.ts'
import { findChromium, openBrowser } from '../support/browser.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'

const SQS = { region: 'us-east-1', global: {} }

t.test('the page names every server, channel, message and schema, and its links lead somewhere', async (t) => {
  const server = await build(t, { docs: true, sqs: SQS, websocket: { globalEvents: true } })
  const { statusCode, headers, body } = await server.inject('/docs/asyncapi')
  t.equal(statusCode, 200, 'without a key')
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  const { channels, components } = (await server.inject('/docs/asyncapi.json')).json<AsyncApiDocument>()
  for (const { address } of Object.values(channels)) t.ok(body.includes(`<code>${address}</code>`), address)
  for (const id of Object.keys(components.messages)) t.ok(body.includes(`id="messages-${id}"`), id)
  for (const id of Object.keys(components.schemas)) t.ok(body.includes(`id="schemas-${id}"`), id)

  const targets = new Set([...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  const links = [...body.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id)
  t.same(
    links.filter((id) => !targets.has(id)),
    []
  )
  t.ok(links.length > 100)
  for (const [, path = ''] of body.matchAll(/ href="(\/[^"]*)"/g))
    t.equal((await server.inject(path)).statusCode, 200, path)
  t.notMatch(body, /<script/i)
})

t.test('what a request says of its host is text', async (t) => {
  const server = await build(t, { docs: true, sqs: false })
  const { body } = await server.inject({ url: '/docs/asyncapi', headers: { host: `"><script>alert('&')</script>` } })
  t.notMatch(body, '<script>')
  t.match(body, '&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;')
})

t.test('under a prefix, links lead there', async (t) => {
  const server = bare(t)
  await server.register(app, { apiKey: API_KEY, prefix: '/hub', eventLog: { url: ':memory:' }, sqs: false })
  const { body } = await server.inject('/hub/docs/asyncapi')
  const paths = [...body.matchAll(/ href="(\/[^"]*)"/g)].map(([, path]) => path)
  t.same(paths, ['/hub/docs/asyncapi.json', '/hub/docs'])
})

const executable = findChromium()
const skip = executable === undefined && 'no Chromium found: install one, or say where it is in CHROMIUM_PATH'

t.test('in a browser', { skip }, async (t) => {
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
  t.match(await schema.textContent(), /remoteJid .*string/s, 'a link opens what it leads to')
  t.same(
    complaints.filter((text) => !text.includes('favicon')),
    [],
    'nothing is blocked'
  )
})
