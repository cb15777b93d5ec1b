import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { DESCRIBED_HUBS } from '../../lib/hubs/described-hubs.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import { listen } from '../support/build.ts'
import { PLAIN_ENV } from '../support/plain-env.ts'

const markdown = readFileSync(new URL('../../docs/hubs.md', import.meta.url), 'utf8')

/** The commands of the document, each with the answer that is printed below it, if there is one. */
const steps = [...markdown.matchAll(/^```sh\n([^]*?)^```\n(?:```json\n(.*)\n```\n)?/gm)].map(
  ([, code = '', answer]) => ({
    code,
    answer
  })
)

/** Take the place of programs that are not to be run, or that a machine may lack. */
const STUBS = `
npm() { echo "npm $* with HUBS=\${HUBS:-} EXTRA_EVENTS=\${EXTRA_EVENTS:-} and \${AUTHENTICATION_API_KEY:-no key}"; }
openssl() { "$NODE" -e 'process.stdin.toArray().then((parts) => console.log("SHA2-512(stdin)= " +
  require("node:crypto").createHmac(process.argv[2].slice(1), process.argv[4]).update(Buffer.concat(parts)).digest("hex")))' -- "$@"; }
`
const BETWEEN = '---- the next step ----'

/** A hub that notes what it is told. */
async function startHub(t: Test) {
  const told: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const text of request.setEncoding('utf8')) body += text as string
    told.push([request.method, request.url, JSON.parse(body)])
    response.writeHead(201).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { told, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

t.test('the steps of the guide to other hubs work as they are printed', async (t) => {
  const [, key = '', hmacKey = ''] = /export API_KEY=(\S+) WAHA_HMAC_KEY=(\S+)/.exec(markdown) ?? []
  const { url } = await listen(t, {
    apiKey: key,
    hmacKeys: { waha: hmacKey },
    sqs: false,
    eventLog: { events: { hubs: HUB_NAMES, names: ['ticket.opened'] } }
  })
  const hub = await startHub(t)
  const script = steps
    .map(({ code }) => code)
    .join(`echo; echo "${BETWEEN}"\n`)
    .replaceAll(/localhost:8080/g, url.replace('http://', ''))
    .replaceAll(/localhost:[34]000/g, hub.address)
  const env = { ...PLAIN_ENV, NODE: process.execPath }
  const { stdout } = await promisify(execFile)('bash', ['-euc', STUBS + script], { env, timeout: 60_000 })
  const printed = stdout.split(`${BETWEEN}\n`).map((text) => text.trim())

  t.strictSame(
    printed.filter((text) => text.startsWith('{')),
    steps.flatMap(({ answer }) => answer ?? [])
  )
  t.strictSame(
    printed.filter((text) => text.startsWith('npm')),
    [`npm start with HUBS=waha EXTRA_EVENTS= and ${key}`, 'npm start with HUBS= EXTRA_EVENTS=ticket.opened and no key']
  )
  const customHeaders = [{ name: 'apikey', value: key }]
  const events = ['message', 'session.status']
  const webhook = { url: 'http://instance-events:8080/webhook/waha', events, hmac: { key: hmacKey }, customHeaders }
  const webhookUrl = `http://instance-events:8080/webhook/evolution-go?apikey=${key}`
  t.strictSame(hub.told, [
    ['PUT', '/api/sessions/sales', { config: { webhooks: [webhook] } }],
    ['POST', '/instance/connect', { webhookUrl, subscribe: ['ALL'] }]
  ])
})

t.test('the guide to other hubs names each hub with its route', async (t) => {
  const rows = [...markdown.matchAll(/^\| \[(.*?)\]\(#.*?\) \| `(.*?)` \|/gm)].map(([, title, route]) => [title, route])
  t.same(
    rows.sort(),
    DESCRIBED_HUBS.map(({ title, name }) => [title, `POST /webhook/${name}`])
  )
})
