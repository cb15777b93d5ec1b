import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = new URL('../', import.meta.url)

/** Every source file but the programs, which run when they are imported: server.ts and the command line. */
const sources = [
  'app.ts',
  ...['lib', 'plugins', 'routes'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path))
      .filter((path) => path !== 'lib/cli/fastify-instance-events.ts')
  )
]

t.test('every source file can be imported, so that the coverage includes files without tests', async (t) => {
  t.ok(sources.length > 100)
  const imports = await Promise.allSettled(sources.map((path) => import(new URL(path, root).href)))
  const failed = imports.flatMap((result, index) =>
    result.status === 'rejected' ? [{ path: sources[index], reason: result.reason as unknown }] : []
  )
  t.same(failed, [])
})

t.test('the client imports socket.io-client only, because browsers load it', async (t) => {
  const imports = readFileSync(new URL('lib/client/connect-instance.ts', root), 'utf8').match(
    /^(im|ex)port .*from .*$/gm
  )
  t.same(
    imports?.filter((line) => !/^\w+ type /.test(line)),
    ["import { io } from 'socket.io-client'"]
  )
})

t.test('the package exports plugins as defaults of source files, and the client', async (t) => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    exports: Record<string, string | { default: string }>
  }
  const entries = Object.values(exports).filter((entry) => typeof entry !== 'string')
  const exported = entries.map(async ({ default: built }) => {
    const path = built.replace('./dist/', '').replace(/\.js$/, '.ts')
    const functions = (await import(new URL(path, root).href)) as { default?: unknown; connectInstance?: unknown }
    return [path, typeof (path.startsWith('lib/client/') ? functions.connectInstance : functions.default)]
  })
  t.strictSame(await Promise.all(exported), [
    ['app.ts', 'function'],
    ['plugins/event-log.ts', 'function'],
    ['plugins/sqs.ts', 'function'],
    ['plugins/websocket.ts', 'function'],
    ['lib/client/connect-instance.ts', 'function']
  ])
})
