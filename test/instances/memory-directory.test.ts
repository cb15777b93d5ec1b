import t from 'tap'
import { blankInstance, hashToken, MemoryDirectory } from '../../lib/instances/memory-directory.ts'

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
