import t from 'tap'
import { havePostgres, openNodes } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

if (await havePostgres(t))
  t.test('nodes tell each other of blocked addresses, and of nothing that is no address', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const heard: unknown[] = []
    other.blockedAddresses.listen((address, forMs) => heard.push([address, forMs]))
    one.blockedAddresses.tell('unknown, "proxy"', 60_000)
    one.blockedAddresses.tell('10.0.0.1', 1_234.5)
    one.blockedAddresses.tell('fe80::1%eth0', 60_000)
    await until(() => heard.length >= 2)
    t.strictSame(heard.toSorted(), [
      ['10.0.0.1', 1_235],
      ['fe80::1%eth0', 60_000]
    ])
    await one.close()
    t.doesNotThrow(() => one.blockedAddresses.tell('10.0.0.1', 1), 'a closed node tells nobody')
  })
