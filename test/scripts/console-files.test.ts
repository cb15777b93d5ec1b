import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { folder } from '../support/build.ts'

const files = new URL('../../scripts/console-files.mjs', import.meta.url)
const { buildConsole, isConsoleCurrent } = (await import(files.href)) as {
  buildConsole: (root: string) => Promise<boolean>
  isConsoleCurrent: (root: string) => boolean
}
const here = fileURLToPath(new URL('../..', import.meta.url))

/** The sources of the console, a day old, without a build. */
function clone(t: Test): string {
  const root = folder(t)
  for (const name of ['console', 'lib', 'scripts', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(here, name), join(root, name), { recursive: true, filter: (path) => !path.endsWith('console/dist') })
  symlinkSync(join(here, 'node_modules'), join(root, 'node_modules'))
  age(root)
  return root
}

function age(path: string): void {
  const yesterday = Date.now() / 1_000 - 86_400
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    const name = join(entry.parentPath, entry.name)
    if (!entry.isSymbolicLink()) utimesSync(name, yesterday, yesterday)
  }
}

t.test('the console is built if it is missing, or after a source was changed, added or removed', async (t) => {
  const root = clone(t)
  t.notOk(isConsoleCurrent(root), 'missing')
  t.ok(await buildConsole(root))
  t.ok(isConsoleCurrent(root), 'built')
  const [, script = ''] =
    /src="\.\/(assets\/[^"]+\.js)"/.exec(readFileSync(join(root, 'console/dist/index.html'), 'utf8')) ?? []
  t.ok(readFileSync(join(root, 'console/dist', script)).length > 10_000, 'the page names its script')

  const changes: [string, () => void][] = [
    ['changed', () => writeFileSync(join(root, 'console/format.ts'), readFileSync(join(here, 'console/format.ts')))],
    ['added', () => writeFileSync(join(root, 'console/parts/new.ts'), '')],
    ['removed', () => rmSync(join(root, 'console/parts/new.ts'))],
    ['a library of the client changed', () => mkdirSync(join(root, 'lib/client/new'))],
    ['another version of a package', () => writeFileSync(join(root, 'package-lock.json'), '{}')],
    ['a build that was interrupted', () => rmSync(join(root, 'console/dist/index.html'))]
  ]
  const seen: unknown[] = []
  for (const [what, change] of changes) {
    const anHourAgo = new Date(Date.now() - 3_600_000)
    age(join(root, 'console'))
    age(join(root, 'lib'))
    utimesSync(join(root, 'console/dist/index.html'), anHourAgo, anHourAgo)
    change()
    const before = isConsoleCurrent(root)
    await buildConsole(root)
    seen.push([what, before, isConsoleCurrent(root)])
  }
  t.same(
    seen,
    changes.map(([what]) => [what, false, true])
  )
})
