import t from 'tap'
import { PostgresStore } from '../../../lib/store/postgres/store.ts'
import { havePostgres, startPostgres } from '../../support/postgres.ts'
import { conformance } from '../conformance.ts'

if (await havePostgres(t)) {
  conformance(t, 'PostgresStore', async (t, limits) => {
    const { url, schema } = await startPostgres(t)
    const options = { url, schema, ...limits }
    let store = await PostgresStore.open(options)
    t.after(() => store.close())
    const reopen = async () => {
      await store.close()
      store = await PostgresStore.open(options)
      return store
    }
    return { store, reopen }
  })
}
