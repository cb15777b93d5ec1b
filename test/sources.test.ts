import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = new URL('../', import.meta.url)

/** Those that do something when they are imported, besides server.ts: their tests run them. */
const PROGRAMS = new Set(['lib/cli/fastify-instance-events.ts'])

/** Every other source file. */
const sources = [
  'app.ts',
  ...['lib', 'plugins', 'routes'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path))
      .filter((path) => !PROGRAMS.has(path))
  )
]

t.test('every source file can be imported, so that one without a test counts', async (t) => {
  for (const path of sources) await t.resolves(import(new URL(path, root).href), path)
})

t.test('the client imports socket.io-client and nothing else: browsers have no more', async (t) => {
  const imports = readFileSync(new URL('lib/client/connect-instance.ts', root), 'utf8').match(
    /^(im|ex)port .*from .*$/gm
  )
  t.same(
    imports?.filter((line) => !/^\w+ type /.test(line)),
    ["import { io } from 'socket.io-client'"]
  )
})

t.test('what the package exports is a source file with a plugin as its default, or the client', async (t) => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    exports: Record<string, string | { default: string }>
  }
  const entries = Object.values(exports).filter((entry) => typeof entry !== 'string')
  t.ok(entries.length > 0)
  for (const { default: built } of entries) {
    const path = built.replace('./dist/', '').replace(/\.js$/, '.ts')
    t.ok(sources.includes(path), path)
    const exported = (await import(new URL(path, root).href)) as { default?: unknown; connectInstance?: unknown }
    t.type(path.startsWith('lib/client/') ? exported.connectInstance : exported.default, 'function')
  }
})
