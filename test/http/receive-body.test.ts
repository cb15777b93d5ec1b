import { Readable } from 'node:stream'
import t from 'tap'
import { receiveBody as receiveWith, type ReceiveOptions } from '../../lib/http/receive-body.ts'

const receiveBody = (payload: Readable, options: ReceiveOptions): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    receiveWith(payload, options, (error, body) => (error ? reject(error) : resolve(body as Buffer)))
  )

const receive = async (parts: readonly (Buffer | string)[], announced: number) => {
  const lengths: number[] = []
  const body = await receiveBody(Readable.from(parts), {
    announced,
    received: ({ length }) => void lengths.push(length)
  })
  return { text: body.toString(), lengths }
}

t.test('a body is received whole, in order, whatever length was announced', async (t) => {
  const parts = ['olá ', Buffer.from('a'), 'bc', Buffer.from('def')]
  const expected = { text: 'olá abcdef', lengths: [5, 1, 2, 3] }
  t.same(
    await Promise.all([0, 1, 6, 10, 11, 12, 1_000].map((announced) => receive(parts, announced))),
    Array.from({ length: 7 }, () => expected)
  )
  t.same(await receive([], 0), { text: '', lengths: [] })
  t.same(await receive([], 10), { text: '', lengths: [] })
})

t.test('a body that is not to be received further ends with the reason', async (t) => {
  const reason = new Error('too long')
  let count = 0
  const received = () => {
    if (++count === 2) throw reason
  }
  const payload = Readable.from(['a', 'b', 'c'])
  t.equal(await receiveBody(payload, { announced: 3, received }).catch((error: unknown) => error), reason)
  t.equal(count, 2)
})

t.test('a body whose client has left before it is read is a bad request', async (t) => {
  const left = new Readable({ read() {} }).destroy()
  await t.rejects(receiveBody(left, { announced: 3, received: () => {} }), {
    message: 'The body broke off',
    statusCode: 400
  })
})

t.test('a body that breaks off is a bad request, unless its stream says otherwise', async (t) => {
  const broken = (error: Error) => {
    const payload = new Readable({ read() {} })
    const body = receiveBody(payload, { announced: 3, received: () => {} })
    payload.destroy(error)
    return body
  }
  await t.rejects(broken(new Error('cut')), { message: 'cut', statusCode: 400 })
  await t.rejects(broken(Object.assign(new Error('full'), { statusCode: 507 })), { message: 'full', statusCode: 507 })
})
