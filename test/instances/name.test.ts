import t from 'tap'
import { assertInstanceName, instanceNameFault } from '../../lib/instances/name.ts'

t.test('names that URLs, queues and logs can carry are accepted', async (t) => {
  const names = ['a', 'vendas-sp', 'suporte.rj', 'A_1', 'loja são/1', '...', ' ', '💬', '%2F', '"', 'x'.repeat(100)]
  for (const name of names) {
    t.equal(instanceNameFault(name), undefined, name)
    t.doesNotThrow(() => assertInstanceName(name))
  }
})

t.test('other names are refused with the reason', async (t) => {
  const faults: [unknown, string][] = [
    [undefined, 'instance must be a string'],
    [7, 'instance must be a string'],
    ['', 'instance must have 1 to 100 characters (it has 0)'],
    ['x'.repeat(101), 'instance must have 1 to 100 characters (it has 101)'],
    ['.', 'instance must not be "." or "..": URLs cannot contain it'],
    ['..', 'instance must not be "." or "..": URLs cannot contain it'],
    ...['a\nb', '\u0000', '\u007F', '\u009F', 'a\uFFFE', '\uFFFF', '\uD800', 'a\uDC00'].map(
      (name): [string, string] => [
        name,
        'instance must not contain control characters, noncharacters or unpaired surrogates'
      ]
    )
  ]
  for (const [name, message] of faults) {
    t.equal(instanceNameFault(name), message, JSON.stringify(name))
    t.throws(() => assertInstanceName(name), { code: 'IEV_INSTANCE_NAME_INVALID', statusCode: 400, message })
  }
})
