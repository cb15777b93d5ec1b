import { globSync, readFileSync } from 'node:fs'
import { ts } from '@ts-morph/common'
import t from 'tap'
import { EnvSchema } from '../../lib/standalone/settings.ts'

const root = new URL('../../', import.meta.url)

/** The texts in a file's code, without its comments. */
function texts(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(new URL(path, root), 'utf8'), ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

t.test('texts of plugins and routes name no settings of the standalone server', async (t) => {
  const files = globSync(['{plugins,routes}/**/*.ts', 'lib/**/*.ts'], { cwd: root })
  // Only users of the standalone server and of the command line have settings.
  const shared = files.filter((path) => !/^lib.(standalone|cli)\b/.test(path))
  const setting = new RegExp(`\\b(${Object.keys(EnvSchema.properties).join('|')})\\b`)
  const named = shared.flatMap((path) => texts(path).filter((text) => setting.test(text)))
  t.strictSame(named, [])
  t.ok(shared.length > 100)
})
