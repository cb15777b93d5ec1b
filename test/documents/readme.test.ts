import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { folder } from '../support/build.ts'
import { PLAIN_ENV } from '../support/plain-env.ts'
import { printing } from '../support/printing.ts'
import { startStandalone } from '../support/standalone.ts'

const root = new URL('../../', import.meta.url)
const markdown = readFileSync(new URL('README.md', root), 'utf8')
const blocks = Array.from(markdown.matchAll(/^```sh\n(.*?)^```$/gms), ([, code = '']) => code)

/** The block of commands that has a text. */
function commands(text: string): string {
  const [found, another] = blocks.filter((code) => code.includes(text))
  if (found === undefined || another !== undefined) throw new Error(`Not in one block of README.md: ${text}`)
  return found
}

/** Commands that other tests and scripts run, and those that would change the machine, with the reason. */
const NOT_HERE: readonly [text: string, reason: string][] = [
  ['npm ci && npm start', 'scripts/test-install.ts'],
  ['npm ci && npm test', 'this is it'],
  ['npm install fastify-instance-events', 'scripts/test-package.ts'],
  ['SQS_REGION=sa-east-1', 'needs an account']
]

t.test(
  'the commands of README.md work as it says, from a first start to an event in socket, stream and queue',
  async (t) => {
    const cwd = folder(t)
    const { url, sqs } = await startStandalone(t, { cwd })
    let host = ''
    const here = (code: string) =>
      code
        .replaceAll('localhost:8080', new URL(url).host)
        .replaceAll('http://127.0.0.1:4566', sqs)
        .replaceAll('localhost:3000', host)
        .replaceAll(/\bnode (?=examples)/g, `"${process.execPath}" ${fileURLToPath(root)}`)
    const env = { ...PLAIN_ENV, URL: url.replace('http', 'ws'), PORT: '0' }
    const shell = (code: string) => promisify(execFile)('bash', ['-euc', here(code)], { cwd, env, timeout: 60_000 })
    const shellOf = (t: Test, code: string) =>
      printing(
        t,
        spawn('bash', ['-euc', `exec env ${here(code).trim()}`], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
      )

    const setup = commands('/instance/create')
    const answers = (await shell(setup)).stdout
    t.match(answers, /"hash":"[^"]+".*"queues":\[\{"event":"MESSAGES_UPSERT","name":"sales_messages_upsert\.fifo"/)
    const socket = shellOf(t, commands('examples/socket-client.mjs'))
    await socket.printed('connected to sales')
    const consumer = shellOf(t, commands('examples/sqs-consumer.mjs'))
    await consumer.printed('waiting for sales_messages_upsert.fifo')

    const key = /export API_KEY=.*\n/.exec(setup)?.[0] as string
    const answer = JSON.parse((await shell(key + commands('/events/sales -H'))).stdout) as object
    const shown = JSON.parse(/^```json\n(.*)\n```$/m.exec(markdown)?.[1] as string) as object
    t.same({ ...answer, id: '' }, { ...shown, id: '' })
    await socket.printed(/messages\.upsert \{[^]*conversation: 'Oi, tudo bem\?'/)
    await consumer.printed(/^messages\.upsert of sales \(offset 1\): .*$/m)
    t.ok(markdown.includes(/^messages\.upsert of sales .*$/m.exec(consumer.output())?.[0] as string))

    const stream = shellOf(t, commands('curl -N').replace('$API_KEY', '$(cat data/api-key)'))
    await stream.printed(/id: 1\ndata: .*Oi, tudo bem\?/)

    const app = shellOf(t, commands('examples/register-in-an-app.ts'))
    await app.printed(/listening on http:\S+\n/)
    host = /listening on http:\/\/(\S+)/.exec(app.output())?.[1] as string
    t.match(JSON.parse((await shell(commands('/simulate/'))).stdout), { offset: 1 })
    const shared = shellOf(t, commands('examples/sqs-consumer.mjs').replace('sales_', 'global_'))
    await shared.printed('messages.upsert of sales (offset 1): {"text":"Oi"}')
  }
)

t.test('every command of README.md is run here, or it is said why not', async (t) => {
  const run = [
    '/instance/create',
    'examples/socket-client.mjs',
    'examples/sqs-consumer.mjs',
    '/events/sales -H',
    'curl -N',
    'examples/register-in-an-app.ts',
    '/simulate/'
  ]
  const known = [...run, ...NOT_HERE.map(([text]) => text)].map(commands)
  t.same(new Set(blocks), new Set(known))
})
