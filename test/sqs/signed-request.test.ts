import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import t from 'tap'
import { type SdkRequest, signedRequest, type SigningCredentials, templateOf } from '../../lib/sqs/signed-request.ts'

const region = 'sa-east-1'
const input = { QueueUrl: 'https://sqs/1/a.fifo', Entries: [{ Id: '0', MessageBody: 'olá' }] }

/** A client, and the request that it makes of a batch: not sent. */
async function made(options: { endpoint?: string; credentials: SigningCredentials }) {
  const { credentials, ...others } = options
  const client = new SQSClient({
    region,
    credentials: credentials as SigningCredentials & { sessionToken: string },
    ...others
  })
  const command = new SendMessageBatchCommand(input)
  const sent = Promise.withResolvers<SdkRequest>()
  command.middlewareStack.add(
    () => (args) => {
      sent.resolve(args.request as SdkRequest)
      return Promise.reject(new Error('not sent'))
    },
    { step: 'deserialize', priority: 'low' }
  )
  await client.send(command).catch(() => {})
  return { client, request: await sent.promise }
}

/** What the SDK signs the same request with. */
async function authorization(client: SQSClient, request: SdkRequest, signingDate: Date): Promise<string | undefined> {
  const { authorization: _ours, ...headers } = request.headers
  const signer = await client.config.signer({
    name: 'sigv4',
    signingName: 'sqs',
    signingRegion: region,
    properties: {}
  })
  const unsigned = { ...request, headers } as unknown as Parameters<typeof signer.sign>[0]
  return (await signer.sign(unsigned, { signingDate })).headers.authorization
}

const permanent = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const temporary = { ...permanent, sessionToken: 'a/session+token==' }

for (const [title, options] of Object.entries({
  'of AWS’s endpoint': { credentials: permanent },
  'with temporary credentials': { credentials: temporary },
  'of an endpoint with a port': { credentials: permanent, endpoint: 'http://127.0.0.1:4566' }
})) {
  t.test(`a request ${title} is signed as the SDK signs it`, async (t) => {
    const { client, request } = await made(options)
    const template = templateOf(request)
    t.ok(template)
    for (const now of [new Date('2026-01-31T23:59:59.999Z'), new Date('2026-02-01T00:00:00Z')]) {
      for (const credentials of [options.credentials, { ...options.credentials, secretAccessKey: 'another' }]) {
        const other = await made({ ...options, credentials })
        const body = Buffer.from(JSON.stringify({ ...input, n: now.getTime() }))
        const signed = signedRequest(template!, { body, credentials, now })
        t.equal(signed.headers.authorization, await authorization(other.client, signed, now))
        t.equal(signed.headers['content-length'], String(body.length))
        t.match(signed, { method: 'POST', hostname: request.hostname, path: '/', port: request.port })
        t.equal(signed.headers['x-amz-target'], 'AmazonSQS.SendMessageBatch')
      }
    }
    client.destroy()
  })
}

t.test('a signing key is used only for its day, region, service and secret', async (t) => {
  const { request } = await made({ credentials: permanent })
  const template = templateOf(request)!
  const today = { region, service: 'sqs', now: '2026-02-01T00:00:00Z', secretAccessKey: 'this secret' }
  const sign = (changes: Partial<typeof today> = {}) => {
    const { now, secretAccessKey, ...scope } = { ...today, ...changes }
    const credentials = { accessKeyId: 'a', secretAccessKey }
    return signedRequest({ ...template, ...scope }, { body: Buffer.from('{}'), credentials, now: new Date(now) })
      .headers.authorization
  }
  const others: Partial<typeof today>[] = [
    { now: '2026-01-31T23:59:59Z' },
    { region: 'us-east-1' },
    { service: 's3' },
    { secretAccessKey: 'another secret' }
  ]
  // The last key is kept: it is replaced before each of these, so that each has a key of its own.
  const forget = () => sign({ secretAccessKey: 'a third secret' })
  const expected = others.map((other) => {
    forget()
    return sign(other)
  })
  const signed = others.map((other) => {
    sign()
    return sign(other)
  })
  t.strictSame(signed, expected)
})

t.test('credentials that become temporary, or permanent again, are signed as they are', async (t) => {
  for (const [from, to] of [
    [permanent, temporary],
    [temporary, permanent]
  ] as const) {
    const { request } = await made({ credentials: from })
    const { client } = await made({ credentials: to })
    const now = new Date()
    const signed = signedRequest(templateOf(request)!, { body: Buffer.from('{}'), credentials: to, now })
    t.equal(signed.headers['x-amz-security-token'], (to as SigningCredentials).sessionToken)
    t.equal(signed.headers.authorization, await authorization(client, signed, now))
  }
})

t.test('headers of one call are not repeated', async (t) => {
  const { request } = await made({ credentials: permanent })
  const template = templateOf({ ...request, headers: { ...request.headers, 'x-amzn-trace-id': 'Root=1-1' } })
  for (const name of ['amz-sdk-invocation-id', 'amz-sdk-request', 'x-amzn-trace-id', 'authorization'])
    t.notHas(template?.request.headers, { [name]: String })
})

t.test('a request of another form makes no template', async (t) => {
  const { request } = await made({ credentials: permanent })
  t.equal(templateOf({ ...request, path: '/behind/a/proxy' }), undefined)
  t.equal(templateOf({ ...request, query: { Action: 'SendMessageBatch' } }), undefined)
  t.equal(templateOf({ ...request, method: 'GET' }), undefined)
  t.equal(templateOf({ ...request, headers: {} }), undefined)
  t.equal(templateOf({ ...request, headers: { authorization: 'Bearer x' } }), undefined)
})
