import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder } from '../../lib/text/make-folder.ts'
import { folder } from '../support/build.ts'

t.test('missing folders are created for this user alone', async (t) => {
  const path = join(folder(t), 'a', 'b')
  makeFolder(path)
  makeFolder(path)
  t.same(
    [path, join(path, '..')].map((made) => statSync(made).mode & 0o777),
    [0o700, 0o700]
  )
})

t.test('a folder that the system cannot create is an error', async (t) => {
  t.throws(() => makeFolder('/proc/a/b'), { code: 'ENOENT' })
})

t.test('a folder that is there when it is created is no error', async (t) => {
  const path = join(folder(t), 'a')
  // The folder above it is the same one.
  makeFolder(`${path}/.`)
  t.ok(statSync(path).isDirectory())
})
