import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { credentialChain, CredentialsRenewal } from '../../lib/sqs/credentials.ts'
import { build, folder } from '../support/build.ts'
import type { ProxiedCall } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'

/** Nothing of the machine's own, and what the test says. */
function environment(t: Test, variables: Record<string, string>) {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null' }, variables)
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name]
  })
}

const keyOf = ({ headers }: ProxiedCall) => /Credential=([^/]+)/.exec(String(headers.authorization))?.[1]

for (const code of ['ExpiredTokenException', 'InvalidClientTokenId', 'UnrecognizedClientException']) {
  t.test(`credentials that changed in the shared file are read again after ${code}`, async (t) => {
    const file = join(folder(t), 'credentials')
    const write = (key: string) => writeFileSync(file, `[default]\naws_access_key_id=${key}\naws_secret_access_key=s\n`)
    environment(t, { AWS_SHARED_CREDENTIALS_FILE: file })
    write('first')
    const { sqs, proxy, options } = await startProxiedSqs(t)
    let valid = 'first'
    proxy.decide = (call) => (keyOf(call) === valid ? undefined : { status: 403, code, message: 'not any more' })
    const { endpoint, region } = options
    const server = await build(t, { sqs: { endpoint, region: region as string } })
    const accept = (data: unknown) => server.onInstanceEvent({ instance: 'mine', event: 'call', data })

    await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
    for (const data of [1, 2]) {
      await accept(data)
      await sqs.bodies('mine_call.fifo', 1)
    }
    write('second')
    valid = 'second'
    await accept('by the new key')
    t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 'by the new key' }])
    t.equal(keyOf(proxy.calls.at(-1) as ProxiedCall), 'second')
    t.strictSame(await server.sqs.status(), { ok: true })
    await server.sqs.set('mine', { enabled: true, events: ['CALL', 'PRESENCE_UPDATE'] })
    t.same((await server.eventLog.metrics.failures.get()).values, [], 'no call failed for it')
  })
}

t.test('credentials that stay refused are an outage, and are looked up at most every five seconds', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  let lookups = 0
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  const { config } = server.sqs.client
  const { credentials } = config
  config.credentials = Object.assign(
    (asked?: Record<string, unknown>) => {
      if (asked?.forceRefresh) lookups++
      return credentials(asked)
    },
    { memoized: true }
  )
  proxy.decide = () => ({ status: 403, code: 'InvalidClientTokenId', message: 'no such key' })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  await until(() => proxy.calls.length > 6)
  t.match(await server.sqs.status(), { ok: false, code: 'InvalidClientTokenId', message: 'no such key' })
  t.equal(lookups, 1)
})

t.test('a lookup of credentials that hangs is given up, and the next one begins anew', async (t) => {
  const connections: Socket[] = []
  let asked = 0
  const sts = createServer((_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/xml' })
    if (++asked === 1) {
      reply.write('<AssumeRole')
      return
    }
    const Expiration = new Date(Date.now() + 3_600_000).toISOString()
    reply.end(
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
      <Credentials><AccessKeyId>of-the-role</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
      <Expiration>${Expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
    )
  }).listen(0, '127.0.0.1')
  sts.on('connection', (socket) => connections.push(socket))
  t.after(() => {
    sts.closeAllConnections()
    sts.close()
  })
  await once(sts, 'listening')
  const token = join(folder(t), 'token')
  writeFileSync(token, 'a token')
  environment(t, {
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/sender',
    AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(sts.address() as AddressInfo).port}`
  })
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const { endpoint, region } = options
  const server = await build(t, {
    sqs: { endpoint, region: region as string, global: { events: ['CALL'] }, requestTimeoutMs: 500 }
  })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 1 }])
  t.equal(keyOf(proxy.calls.at(-1) as ProxiedCall), 'of-the-role')
  await until(() => connections[0]?.destroyed === true)
})

t.test('a credential process that hangs does not delay the next lookup', async (t) => {
  const file = join(folder(t), 'config')
  const pipe = join(folder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  const write = (program: string) => writeFileSync(file, `[default]\ncredential_process = ${program}\n`)
  environment(t, { AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: '/dev/null' })
  const answer = join(folder(t), 'answer.json')
  writeFileSync(answer, '{"Version":1,"AccessKeyId":"from-program","SecretAccessKey":"s"}')
  // It waits until the pipe is opened for writing, at the end of the test.
  write(`cat ${pipe}`)
  t.after(() => closeSync(openSync(pipe, 'r+')))
  const lookUp = credentialChain({}, { deadlineMs: 2_000 })
  await t.rejects(lookUp(), { code: 'IEV_TIMEOUT', message: /The lookup of AWS credentials/ })
  write(`cat ${answer}`)
  t.match(await lookUp(), { accessKeyId: 'from-program' })
})

t.test('a client without a source of credentials is not asked for new ones', async (t) => {
  t.equal(await new CredentialsRenewal({}).renewed(), false)
  t.equal(
    await new CredentialsRenewal({ config: { credentials: () => Promise.reject(new Error('none')) } }).renewed(),
    false
  )
})
