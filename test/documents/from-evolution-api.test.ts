import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { listen } from '../support/build.ts'
import { PLAIN_ENV } from '../support/plain-env.ts'
import { startSqs } from '../support/sqs.ts'

const markdown = readFileSync(new URL('../../docs/from-evolution-api.md', import.meta.url), 'utf8')

/** The commands of the document, each with the answer that is printed below it, if there is one. */
const steps = [...markdown.matchAll(/^( *)```sh\n([^]*?)^ *```\n(?: *```json\n(.*)\n *```\n)?/gm)].map(
  ([, indent = '', code = '', answer]) => ({ code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''), answer })
)

/** Takes the place of programs that are not to be run, and prints what they would be given. */
const STUBS = `
npm() { echo "npm $* with \${AUTHENTICATION_API_KEY} \${SQS_REGION} \${SQS_GLOBAL_ENABLED}"; }
aws() { echo "aws $*"; }
`
const BETWEEN = '---- the next step ----'

/** An Evolution API that notes what it is told. */
async function startEvolution(t: Test) {
  const told: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const text of request.setEncoding('utf8')) body += text as string
    told.push([request.method, request.url, request.headers.apikey, JSON.parse(body)])
    response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { told, port: (server.address() as AddressInfo).port }
}

/** An answer without what differs from run to run. */
function steady(json: string): unknown {
  return JSON.parse(
    json
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'a UUID')
      .replaceAll(/("log":)"[^"]+"/g, '$1"a log"')
      .replaceAll(/("(?:created|updated)At":)"[^"]+"/g, '$1"a time"')
      .replaceAll(/(127\.0\.0\.1|sqs\.us-east-1\.localhost):\d+/g, 'a host')
  )
}

t.test('the steps from Evolution API to here work as they are printed', async (t) => {
  const key = /export API_KEY=(\S+)/.exec(markdown)?.[1] as string
  const sqs = await startSqs(t)
  const { url, app } = await listen(t, { apiKey: key, sqs: sqs.options })
  const evolution = await startEvolution(t)
  const script = steps
    .map(({ code }) => code)
    .join(`echo; echo "${BETWEEN}"\n`)
    .replaceAll(/(?<![/\w])localhost:8080/g, url.replace('http://', ''))
    .replaceAll('localhost:8081/', `127.0.0.1:${evolution.port}/`)
  const options = { env: PLAIN_ENV, timeout: 60_000 }
  const { stdout } = await promisify(execFile)('bash', ['-euc', STUBS + script], options)
  const printed = stdout.split(`${BETWEEN}\n`).map((text) => text.trim())

  t.equal(printed.length, steps.length)
  t.strictSame(
    steps.flatMap(({ answer }, index) => (answer === undefined ? [] : [steady(printed[index] as string)])),
    steps.flatMap(({ answer }) => (answer === undefined ? [] : [steady(answer)]))
  )
  t.strictSame(
    printed.filter((text) => !text.startsWith('{')),
    [
      `npm start with ${key} sa-east-1 false`,
      'aws sqs set-queue-attributes --queue-url https://sqs.sa-east-1.amazonaws.com/123456789012/sales_messages_upsert.fifo --attributes ContentBasedDeduplication=true'
    ]
  )
  const events = ['MESSAGES_UPSERT', 'MESSAGES_UPDATE', 'SEND_MESSAGE', 'CONNECTION_UPDATE']
  const webhook = {
    enabled: true,
    url: 'http://localhost:8080/webhook/evolution',
    headers: { apikey: key },
    byEvents: false,
    base64: false,
    events
  }
  t.strictSame(evolution.told, [
    ['POST', '/webhook/set/sales', key, { webhook }],
    ['POST', '/sqs/set/sales', key, { sqs: { enabled: false, events: [] } }]
  ])
  t.equal(app.eventLog.catalogue.resolve(events).keys.length, events.length)
})

t.test('the line that converts binary members back does so, in both forms that JSON has of them', async (t) => {
  const [, code = ''] = /One line converts a member back: `const bytes = (.*?)`/.exec(markdown) ?? []
  const bytes = new Function(`return ${code}`)() as (value: unknown) => Uint8Array
  const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  const sent = Uint8Array.from([0, 127, 255])
  t.strictSame([bytes(parsed(sent)), bytes(parsed(Buffer.from(sent)))], [sent, sent])
})

t.test('moveKey is the same for the same event of both ways', async (t) => {
  const [, code = ''] = /^const moveKey = (.*)$/m.exec(markdown) ?? []
  const moveKey = new Function(`return ${code}`)() as (message: object) => string
  const message = {
    instance: 'sales',
    event: 'call',
    date_time: '2026-01-31T12:00:00.000Z',
    data: { key: { id: 'A' } }
  }
  t.equal(moveKey({ ...message, id: 'one', offset: 1 }), moveKey({ ...message, data: { key: { id: 'A' }, more: 1 } }))
  t.not(moveKey(message), moveKey({ ...message, data: { key: { id: 'B' } } }))
})
