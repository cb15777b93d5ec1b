import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openStore } from '../../lib/store/open.ts'
import { folder } from '../support/build.ts'
import { freePort } from '../support/free-port.ts'
import { PLAIN_ENV } from '../support/plain-env.ts'
import { call, startStandalone } from '../support/standalone.ts'

const root = new URL('../../', import.meta.url)
/** Pages with a test of their own that runs their commands and compares what they print. */
const OWN_TESTS = new Set(['README.md', 'docs/from-evolution-api.md', 'docs/hubs.md'])
const PAGES = [
  ...globSync('*.md', { cwd: root, exclude: ['README.pt-BR.md'] }),
  ...globSync('docs/{,reference/}*.md', { cwd: root }),
  'bench/README.md'
]
  .filter((page) => !OWN_TESTS.has(page))
  .sort()

/** A block of commands, and what the comment before it says instead of running it here. */
interface Block {
  code: string
  /** Why it cannot run: `<!-- not run: a reason -->`. */
  reason: string | undefined
  /** The test or script that runs it: `<!-- run by a path -->`. */
  runBy: string | undefined
}

function blocksOf(page: string): Block[] {
  const markdown = readFileSync(new URL(page, root), 'utf8')
  const pattern = /(?:<!-- (?:not run: ([^>]+)|run by (\S+)) -->\n+)?^( *)```sh\n([^]*?)^ *```$/gm
  return Array.from(markdown.matchAll(pattern), ([, reason, runBy, indent = '', code = '']) => ({
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    reason,
    runBy
  }))
}

const hasSqlite = await promisify(execFile)('sqlite3', ['--version']).then(
  () => true,
  () => false
)

/** Takes the place of what a test cannot have: an account, a container engine, a hub, and a worker that goes on. */
const STUBS = `
exec < /dev/null
aws() { echo "aws $*" >> stubbed; }
docker() { [ ! -p /dev/stdin ] || cat > read; echo "docker $*" >> stubbed; }
npx() { shift; "${process.execPath}" ${fileURLToPath(root)}lib/cli/fastify-instance-events.ts "$@"; }
curl() {
  case "$*" in *localhost:8081/*) echo "curl of a hub" >> stubbed ;; *) command curl --fail-with-body "\${@/-sf/-s}" ;; esac
}
${hasSqlite ? '' : 'sqlite3() { echo "sqlite3 $*" >> stubbed; }'}
`

for (const page of PAGES) {
  const blocks = blocksOf(page).filter(({ reason, runBy }) => reason === undefined && runBy === undefined)
  if (blocks.length === 0) continue
  t.test(`the commands of ${page} are answered without an error`, async (t) => {
    const cwd = folder(t)
    symlinkSync(fileURLToPath(new URL('examples', root)), join(cwd, 'examples'))
    // A file that no server has open.
    await (await openStore({ url: `file:${join(cwd, 'instance-events.db')}` })).close()
    const env = { LOG_LEVEL: 'error', OPERATOR_INSTANCE: 'ops' }
    const { url, apiKey: key } = await startStandalone(t, { cwd, env })
    if (page !== 'docs/from-zero-to-production.md') {
      const body = { enabled: true, events: ['MESSAGES_UPSERT'] }
      t.match(await call(`${url}/sqs/set/sales`, { method: 'POST', key, body }), { status: 201 })
    }
    const here = {
      ...PLAIN_ENV,
      API_KEY: key,
      EVOLUTION_KEY: 'key-of-the-hub',
      QUEUE_URL: 'https://sqs.example/1/q',
      IEV_URL: url
    }
    for (const { code } of blocks) {
      const script = code
        // The server of this test has another key than those that the pages generate or leave out.
        .replace("$(sed -n 's/^AUTHENTICATION_API_KEY=//p' .env)", key)
        .replaceAll('apikey: …', `apikey: ${key}`)
        .replaceAll(/<([a-z]+)>/g, '$1')
        .replaceAll('https://events.example.com', url)
        .replaceAll('localhost:8080', new URL(url).host)
        .replaceAll('9000', String(await freePort()))
        .replaceAll(/\bnode (?=--input-type)/g, `"${process.execPath}" `)
      const done = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', STUBS + script], {
        cwd,
        env: here,
        timeout: 60_000
      }).catch((error) => error as Error)
      t.notOk(done instanceof Error, `${code}\n${done instanceof Error ? done.message : ''}`)
    }
  })
}

t.test('what runs the other commands exists', async (t) => {
  const named = PAGES.flatMap((page) =>
    blocksOf(page).flatMap(({ runBy }) => (runBy === undefined ? [] : [{ page, runBy }]))
  )
  t.ok(named.length > 0)
  t.strictSame(
    named.filter(({ runBy }) => !existsSync(new URL(runBy, root))),
    []
  )
})
