import { SQSClient } from '@aws-sdk/client-sqs'
import t, { type Test } from 'tap'
import { sqsAddress, sqsDestination, sqsService } from '../../lib/sqs/address.ts'

const of = (t: Test, config: ConstructorParameters<typeof SQSClient>[0]) => {
  const client = new SQSClient(config ?? {})
  t.after(() => client.destroy())
  return sqsAddress(client)
}

t.test('the address of an endpoint is its host and path, without credentials', async (t) => {
  t.same(await of(t, { region: 'x', endpoint: 'http://u:p@127.0.0.1:4566' }), { host: '127.0.0.1:4566' })
  t.same(await of(t, { region: 'x', endpoint: 'https://sqs.example/vpc' }), { host: 'sqs.example', pathname: '/vpc' })
})

t.test('the address of a region is AWS’s endpoint in it', async (t) => {
  t.same(await of(t, { region: 'sa-east-1' }), { host: 'sqs.sa-east-1.amazonaws.com' })
  t.same(await of(t, { region: 'cn-north-1' }), { host: 'sqs.cn-north-1.amazonaws.com.cn' })
})

t.test('the address of an unknown region has a variable for it', async (t) => {
  const none = async () => Promise.reject(new Error('Region is missing'))
  const open = { host: 'sqs.{region}.amazonaws.com', variables: { region: {} } }
  t.match(await of(t, { region: none }), open)
  t.match(await sqsAddress({}), open, 'as of a client that has no more than send')
})

t.test('a service is an address, a region, and the account of an option', async (t) => {
  const serviceOf = (config: ConstructorParameters<typeof SQSClient>[0], accountId?: string) => {
    const client = new SQSClient(config ?? {})
    t.after(() => client.destroy())
    return sqsService(client, accountId)
  }
  const endpoint = 'http://127.0.0.1:4566/sqs'
  t.equal(await serviceOf({ region: 'sa-east-1' }), 'sqs.sa-east-1.amazonaws.com sa-east-1')
  t.equal(await serviceOf({ region: 'sa-east-1', endpoint }), '127.0.0.1:4566/sqs sa-east-1')
  t.equal(
    await serviceOf({ region: 'us-east-1', endpoint }, '123456789012'),
    '127.0.0.1:4566/sqs us-east-1 123456789012'
  )
  const none = async () => Promise.reject(new Error('Region is missing'))
  t.equal(await serviceOf({ region: none }), undefined)
  t.equal(await serviceOf({ region: none, endpoint }), undefined)
  t.equal(await sqsService({}, undefined), undefined)
})

t.test('a destination is a region, and an endpoint unless it is AWS’s', async (t) => {
  const destinationOf = (config: ConstructorParameters<typeof SQSClient>[0]) => {
    const client = new SQSClient(config ?? {})
    t.after(() => client.destroy())
    return sqsDestination(client)
  }
  t.same(await destinationOf({ region: 'sa-east-1' }), { region: 'sa-east-1', endpoint: null, emulated: false })
  const endpoint = 'http://user:secret@127.0.0.1:4566/sqs'
  t.same(await destinationOf({ region: 'sa-east-1', endpoint }), {
    region: 'sa-east-1',
    endpoint: '127.0.0.1:4566',
    emulated: true
  })
  for (const [host, emulated] of [
    ['vpce-1a2b-3c4d.sqs.sa-east-1.vpce.amazonaws.com', false],
    ['sqs.cn-north-1.amazonaws.com.cn:8443', false],
    ['sqs.sa-east-1.api.aws', false],
    ['amazonaws.com.example', true],
    ['sqs-amazonaws.com', true]
  ] as const)
    t.match(await destinationOf({ region: 'sa-east-1', endpoint: `https://${host}` }), { endpoint: host, emulated })
  const none = async () => Promise.reject(new Error('Region is missing'))
  t.match(await destinationOf({ region: none }), { region: null, endpoint: null })
  t.same(await sqsDestination({}), { region: null, endpoint: null, emulated: false })
})
