import t from 'tap'
import { listOfJson, sharedList } from '../../lib/instances/event-lists.ts'
import { blankInstance, MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { hashToken } from '../../lib/instances/token-digest.ts'

t.test('a token that another instance was given is not forgotten by its former holder', (t) => {
  const noTable = () => Promise.reject(new Error('nothing is written here'))
  const directory = new MemoryDirectory({ write: noTable, remove: noTable })
  const record = (key: number, name: string, token: string) => ({
    ...blankInstance(name),
    key,
    tokenHash: hashToken(token)
  })
  directory.put(record(1, 'sales', 'shared'))
  // Changes of two instances that a node reads at once can come in this order.
  directory.put(record(2, 'support', 'shared'))
  directory.put(record(1, 'sales', 'new'))
  t.equal(directory.findByToken('shared')?.name, 'support')
  t.equal(directory.findByToken('new')?.name, 'sales')
  directory.drop(record(1, 'sales', 'shared'))
  t.equal(directory.findByToken('shared')?.name, 'support')
  t.end()
})

t.test('a former token that another instance has been given is its own', (t) => {
  const noTable = () => Promise.reject(new Error('nothing is written here'))
  const directory = new MemoryDirectory({ write: noTable, remove: noTable })
  t.after(() => directory.close())
  // To the clock of the node that gave it, its time was over.
  directory.put({ ...blankInstance('support'), key: 2, tokenHash: hashToken('shared') })
  const formerToken = { hash: hashToken('shared'), until: new Date(Date.now() + 3_600_000) }
  const sales = { ...blankInstance('sales'), key: 1, tokenHash: hashToken('new'), formerToken }
  directory.put(sales)
  t.equal(directory.findByToken('shared')?.name, 'support')
  directory.drop(sales)
  t.equal(directory.findByToken('shared')?.name, 'support')
  t.end()
})

t.test('an instance is kept in little memory, with all of its members', async (t) => {
  const noTable = () => Promise.reject(new Error('nothing is written here'))
  const directory = new MemoryDirectory({ write: noTable, remove: noTable })
  const date = (day: number) => new Date(Date.UTC(2026, 0, day))
  const selection = (id: string) => ({
    id,
    enabled: true,
    events: ['CALL', 'QRCODE_UPDATED'],
    createdAt: date(3),
    updatedAt: date(4)
  })
  const given = {
    key: 1,
    id: 'an id',
    name: 'sales',
    tokenHash: hashToken('token'),
    formerToken: { hash: hashToken('former'), until: new Date(Date.now() + 3_600_000) },
    integration: 'WHATSAPP-BAILEYS',
    silenceAfterMinutes: null,
    limits: { eventsPerSecond: 5, bytesPerSecond: null, sockets: 2, retainedBytes: null },
    createdAt: date(1),
    updatedAt: date(2),
    selections: { sqs: selection('a'), websocket: selection('b') }
  }
  t.after(() => directory.close())
  directory.put(given)
  const kept = directory.require('sales')
  const { key, id, name, tokenHash, formerToken, integration, silenceAfterMinutes } = kept
  const { limits, createdAt, updatedAt, selections } = kept
  const { sqs, websocket } = selections
  const plain = (kept: typeof sqs) =>
    kept && {
      id: kept.id,
      enabled: kept.enabled,
      events: [...kept.events],
      createdAt: kept.createdAt,
      updatedAt: kept.updatedAt
    }
  t.strictSame(
    {
      key,
      id,
      name,
      tokenHash,
      formerToken,
      integration,
      silenceAfterMinutes,
      limits,
      createdAt,
      updatedAt,
      selections: { sqs: plain(sqs), websocket: plain(websocket) }
    },
    given
  )
  t.same(JSON.parse(JSON.stringify(directory.require('sales'))), JSON.parse(JSON.stringify(given)))
  t.equal(sqs?.events, websocket?.events, 'equal lists are one')
  given.selections.sqs.events.push('CALL')
  t.equal(sqs?.events.length, 2, 'what the caller changes later is not changed here')

  directory.put({ ...blankInstance('one'), key: 2 })
  directory.put({ ...blankInstance('other'), key: 3 })
  const [one, other] = ['one', 'other'].map((name) => directory.require(name))
  t.equal(one?.selections, other?.selections, 'instances without selections share none')
  t.strictSame([one?.tokenHash, one?.selections], [null, {}])
})

t.test('equal lists of events are one list, up to a number of different ones', async (t) => {
  const list = sharedList(['A', 'B'])
  t.equal(sharedList(['A', 'B']), list)
  t.equal(sharedList(list), list)
  t.equal(listOfJson('["A","B"]'), list)
  t.equal(listOfJson('["A","B"]'), list)
  for (let n = 0; n < 10_000; n++) sharedList([String(n)])
  t.not(sharedList(['A', 'B']), list)
  t.strictSame(sharedList(['A', 'B']), ['A', 'B'])
})
