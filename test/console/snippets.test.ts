import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { pollingSnippet, streamSnippet } from '../../console/snippets/http.ts'
import { clientSnippet, socketIoSnippet } from '../../console/snippets/sockets.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { n8nSnippet, nodeSnippet, phpSnippet, pythonSnippet } from '../../console/snippets/queues.ts'
import { evolutionGoSnippet, evolutionSnippet, wahaSnippet } from '../../console/snippets/webhooks.ts'
import { phpWith, pythonWith } from '../support/interpreters.ts'
import { startSqs } from '../support/sqs.ts'
import { UNMEASURED } from '../support/child-coverage.ts'
import { soon, until } from '../support/until.ts'

t.test('snippets contain the path only if it is not the default', async (t) => {
  const target = { page: 'https://host/hub/console/', path: '/socket.io', instance: 'são' }
  for (const snippet of [clientSnippet, socketIoSnippet]) {
    t.match(snippet(target), '"wss://host/s%C3%A3o"')
    t.notMatch(snippet(target), 'path:')
    t.match(snippet({ ...target, path: '/ws' }), 'path: "/ws"')
  }
})

t.test('a name in a snippet is escaped', async (t) => {
  const page = 'https://host/console/'
  const names = ["'-alert(1)-'", `q'"uote`, '`${x}`', '\\']
  const literals = (text: string) =>
    [...text.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([literal]) => JSON.parse(literal) as string)
  for (const snippet of [clientSnippet, socketIoSnippet])
    t.same(
      names.map((instance) => literals(snippet({ page, path: `/a'"b`, instance }))),
      names.map((instance) => [`wss://host/${encodeURIComponent(instance)}`, `/a'"b`])
    )
})

t.test('URLs of HTTP have the prefix of the page, and a name is escaped', async (t) => {
  const page = 'https://host/hub/console/'
  t.match(streamSnippet({ page, path: '', instance: 'são' }), "'https://host/hub/events/s%C3%A3o/stream'")
  t.match(pollingSnippet({ page, path: '', instance: 'são' }), '"https://host/hub/events/s%C3%A3o"')
  t.match(streamSnippet({ page, path: '', instance: "a'$(x)" }), "'https://host/hub/events/a%27%24(x)/stream'")
})

/** Runs a program, ended after the test with its children. @returns its next line of output */
function run(t: Test, [command = '', ...args]: string[], cwd: string) {
  const child = spawn(command, args, {
    cwd,
    // An emulator accepts any credentials.
    env: { PATH: process.env.PATH, API_KEY, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', ...UNMEASURED },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const closed = new Promise((resolve) => child.once('close', resolve))
  let ended = false
  async function end(): Promise<void> {
    if (!ended && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    ended = true
    await closed
  }
  t.after(end)
  return { next: async () => (await soon(lines.next(), 'a line')).value as string, end }
}

t.test('the commands for curl print events, and resume after the last one', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const send = (data: number) => app.onInstanceEvent({ instance: 'sales', event: 'call', data })
  const here = folder(t)
  const command = ['bash', '-c', streamSnippet({ page: `${url}/console/`, path: '', instance: 'sales' })]
  await send(1)
  const first = run(t, command, here)
  t.match(JSON.parse(await first.next()), { to: 1 }, 'it begins with new events')
  await send(2)
  t.match(JSON.parse(await first.next()), { data: 2 })
  await until(() => readFileSync(join(here, 'last-offset'), 'utf8') === '2\n')
  await first.end()
  await send(3)
  const second = run(t, command, here)
  t.match(JSON.parse(await second.next()), { data: 3 })
})

t.test('the code for long polling prints events as they come', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const send = (data: number) => app.onInstanceEvent({ instance: 'sales', event: 'call', data })
  await send(1)
  const code = pollingSnippet({ page: `${url}/console/`, path: '', instance: 'sales' })
  const { next } = run(t, [process.execPath, '--input-type=module', '--eval', code], folder(t))
  t.equal(await next(), '1 call 1')
  await send(2)
  t.equal(await next(), '2 call 2')
})

for (const [language, snippet] of [
  ['Node.js', nodeSnippet],
  ['Python', pythonSnippet]
] as const) {
  t.test(`the code of ${language} for a queue receives events and deletes them`, async (t) => {
    const python = language === 'Python' ? pythonWith(t, 'boto3') : undefined
    if (language === 'Python' && python === undefined) return
    const sqs = await startSqs(t)
    const { app } = await listen(t, { sqs: sqs.options })
    await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 7 })
    const endpoint = new URL(sqs.options.endpoint).host
    const code = snippet({ queue: 'sales_call.fifo', url: null, region: null, endpoint })
    const command =
      python === undefined ? [process.execPath, '--input-type=module', '--eval', code] : [python, '-c', code]
    const { next } = run(t, command, process.cwd())
    t.equal(await next(), '1 call 7')
    await until(() => sqs.depth('sales_call.fifo') === 0)
  })
}

t.test('the code of PHP for a queue has no syntax error, and escapes names', async (t) => {
  const program = phpWith(t, { extensions: ['json'] })
  if (program === undefined) return
  const code = phpSnippet({ queue: "it's\\", url: null, region: 'sa-east-1', endpoint: null })
  t.match(code, "'QueueName' => 'it\\'s\\\\'")
  const file = join(folder(t), 'read.php')
  writeFileSync(file, code)
  const { status, stdout } = spawnSync(program, ['-l', file], { encoding: 'utf8' })
  t.equal(status, 0, stdout)
})

t.test('the workflow of n8n is that of the examples', async (t) => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  t.equal(read('console/snippets/n8n-queue.json'), read('examples/n8n/sqs-queue.json'))
})

t.test('the workflow of n8n has the endpoint and the URL of the queue', async (t) => {
  const settings = (target: Parameters<typeof n8nSnippet>[0]) => {
    const { nodes } = JSON.parse(n8nSnippet(target)) as {
      nodes: { name: string; parameters: { assignments?: { assignments: { name: string; value: string }[] } } }[]
    }
    const { assignments = [] } = nodes.find(({ name }) => name === 'Settings')?.parameters.assignments ?? {}
    return Object.fromEntries(assignments.map(({ name, value }) => [name, value]))
  }
  const url = 'https://sqs.sa-east-1.amazonaws.com/1/sales_call.fifo'
  t.match(settings({ queue: 'sales_call.fifo', url, region: 'sa-east-1', endpoint: null }), {
    endpoint: 'https://sqs.sa-east-1.amazonaws.com',
    queueUrl: url
  })
  t.match(settings({ queue: 'sales_call.fifo', url: null, region: null, endpoint: 'sqs.example:443' }), {
    endpoint: 'https://sqs.example:443'
  })
})

t.test('the commands for webhooks put in the key, and escape names', async (t) => {
  const target = { page: 'https://host/hub/console/', instance: "it's", events: ['CALL'] }
  const body = (command: string) => {
    const script = `curl() { for last; do :; done; printf '%s' "$last"; }\n${command}`
    const env = { API_KEY: 'the key', EVOLUTION_URL: 'x', WAHA_URL: 'x', GO_URL: 'x' }
    const { status, stdout, stderr } = spawnSync('bash', ['-euc', script], {
      encoding: 'utf8',
      env: { ...env, EVOLUTION_KEY: 'k', WAHA_KEY: 'k', GO_TOKEN: 'k', PATH: process.env.PATH }
    })
    t.equal(status, 0, stderr)
    return JSON.parse(stdout) as object
  }
  t.match(body(evolutionSnippet(target)), {
    webhook: { url: 'https://host/hub/webhook/evolution', headers: { apikey: 'the key' }, events: ['CALL'] }
  })
  t.match(body(wahaSnippet(target)), {
    config: {
      webhooks: [{ url: 'https://host/hub/webhook/waha', customHeaders: [{ name: 'apikey', value: 'the key' }] }]
    }
  })
  t.match(body(evolutionGoSnippet(target)), { webhookUrl: 'https://host/hub/webhook/evolution-go?apikey=the key' })
  t.match(evolutionSnippet(target), "'/webhook/set/it%27s'")
})
