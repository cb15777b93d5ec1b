import { statSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient
} from '@aws-sdk/client-sqs'
import t, { type Test } from 'tap'
import { type EmbeddedSqs, startEmbeddedSqs } from '../../lib/standalone/embedded-sqs.ts'
import { folder } from '../support/build.ts'

function clientOf(t: Test, { target }: EmbeddedSqs): SQSClient {
  const client = new SQSClient(target)
  t.after(() => client.destroy())
  return client
}

t.test('without fauxqs, the error names what to install or set', async (t) => {
  const missing = Object.assign(new Error("Cannot find package 'fauxqs'"), { code: 'ERR_MODULE_NOT_FOUND' })
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'fauxqs') throw missing
      return nextResolve(specifier, context)
    }
  })
  t.after(() => hooks.deregister())
  await t.rejects(startEmbeddedSqs({ port: 0, dataDir: folder(t) }), {
    code: 'IEV_CONFIG_INVALID',
    message: /^SQS_BACKEND: .*npm install fauxqs/,
    cause: missing
  })
})

t.test('a folder that cannot be made is named', async (t) => {
  const file = join(folder(t), 'file')
  writeFileSync(file, '')
  await t.rejects(startEmbeddedSqs({ port: 0, dataDir: join(file, 'sqs') }), {
    code: 'IEV_CONFIG_INVALID',
    message: `SQS_BACKEND: the embedded emulator cannot keep its queues: ${file} is not a folder: move it away, or choose another path`
  })
})

t.test('the queues of the emulator survive a restart', async (t) => {
  const dataDir = folder(t)
  const first = await startEmbeddedSqs({ port: 0, dataDir })
  t.match(first.target.endpoint, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  await clientOf(t, first).send(new CreateQueueCommand({ QueueName: 'kept' }))
  await first.stop()

  const second = await startEmbeddedSqs({ port: 0, dataDir })
  t.after(() => second.stop())
  const { QueueUrls } = await clientOf(t, second).send(new ListQueuesCommand({}))
  t.match(QueueUrls, [/\/kept$/])
})

t.test(
  'the URL of a queue has the host of the request, for any region, and after a restart on another port',
  async (t) => {
    const dataDir = folder(t)
    const first = await startEmbeddedSqs({ port: 0, dataDir })
    const { QueueUrl } = await clientOf(t, first).send(new CreateQueueCommand({ QueueName: 'sales' }))
    t.equal(QueueUrl, `${first.target.endpoint}/000000000000/sales`)
    await first.stop()

    const second = await startEmbeddedSqs({ port: 0, dataDir })
    t.after(() => second.stop())
    const there = `${second.target.endpoint}/000000000000/sales`
    const elsewhere = new SQSClient({ ...second.target, region: 'sa-east-1' })
    t.after(() => elsewhere.destroy())
    t.match(await elsewhere.send(new GetQueueUrlCommand({ QueueName: 'sales' })), { QueueUrl: there })
    t.match(await elsewhere.send(new ListQueuesCommand({})), { QueueUrls: [there] })
    // This client only has the URL of the queue, like SDKs of other languages.
    const byUrl = new SQSClient({ region: 'sa-east-1', credentials: second.target.credentials })
    t.after(() => byUrl.destroy())
    await byUrl.send(new SendMessageCommand({ QueueUrl: there, MessageBody: 'Oi' }))
    const received = await byUrl.send(new ReceiveMessageCommand({ QueueUrl: there }))
    t.match(received.Messages, [{ Body: 'Oi' }])
  }
)

t.test('the folder of the emulator is readable by the owner only', async (t) => {
  const data = join(folder(t), 'data')
  const { stop } = await startEmbeddedSqs({ port: 0, dataDir: join(data, 'sqs') })
  t.after(stop)
  t.equal(statSync(data).mode & 0o777, 0o700)
})

t.test('a port that is in use is an error that names the setting', async (t) => {
  const first = await startEmbeddedSqs({ port: 0, dataDir: folder(t) })
  t.after(() => first.stop())
  const port = Number(new URL(first.target.endpoint).port)
  await t.rejects(startEmbeddedSqs({ port, dataDir: folder(t) }), {
    code: 'IEV_CONFIG_INVALID',
    message: `SQS_EMBEDDED_PORT: port ${port} is in use by another program: set a free one, or 0 for any`
  })
})

t.test('other errors of the emulator are passed on', async (t) => {
  const dataDir = folder(t)
  writeFileSync(join(dataDir, 'fauxqs.db'), 'no database, but as long as one would be at least'.repeat(20))
  await t.rejects(startEmbeddedSqs({ port: 0, dataDir }), { code: /^(ERR_SQLITE|SQLITE)_/ })
})
