import { globSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

t.test('code in Python and PHP in docs/consumers.md is that of the examples', async (t) => {
  const excerpts = [...read('docs/consumers.md').matchAll(/^```(?:python|php)\n(.*?)^```$/gms)].map(
    ([, code = '']) => code
  )
  const examples = globSync('examples/**/*.{py,php}', { cwd: root }).map(read)
  t.ok(excerpts.length > 0)
  t.same(
    excerpts.filter((code) => !examples.some((example) => example.includes(code))),
    []
  )
})

t.test('examples in Python and PHP have at most 80 lines, and begin with how to run them', async (t) => {
  const files = globSync('examples/{python,php}/*.{py,php}', { cwd: root }).sort()
  t.same(
    files.filter((file) => {
      const lines = read(file).split('\n')
      return lines.length > 81 || !lines.slice(0, 8).some((line) => line.includes(`${file}`))
    }),
    []
  )
  t.same(files, [
    'examples/php/follow-log.php',
    'examples/php/worker.php',
    'examples/python/resuming_client.py',
    'examples/python/stream.py',
    'examples/python/worker.py'
  ])
})
