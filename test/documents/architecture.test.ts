import { existsSync, globSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const markdown = readFileSync(new URL('docs/architecture.md', root), 'utf8')
const named = [...markdown.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
)

t.test('every folder and file in the table of docs/architecture.md exists', async (t) => {
  t.ok(named.includes('lib/store/sqlite/'))
  t.strictSame(
    named.filter((path) => !existsSync(new URL(path, root))),
    []
  )
})

t.test(
  'docs/architecture.md names every folder of lib/, and every folder beside it that is in the repository',
  async (t) => {
    const folders = (pattern: string) =>
      globSync(pattern, { cwd: root, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ parentPath, name }) => `${parentPath}/${name}/`.slice(`${root.pathname}`.length))
    const ofLib = folders('lib/**').filter((folder) => globSync(`${folder}*.ts`, { cwd: root }).length > 0)
    t.ok(ofLib.length > 15)
    t.strictSame(
      [...ofLib, ...folders('{plugins,routes,console,bench,deploy,examples,scripts,test}')].filter(
        (folder) => !named.includes(folder)
      ),
      []
    )
  }
)
