import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { fileFault } from '../../lib/text/file-fault.ts'
import { folder } from '../support/build.ts'

const REMEDY = 'move it away, or choose another path'

/** A file in a folder. */
function write(t: Test): string {
  const path = join(folder(t), 'file')
  writeFileSync(path, '')
  return path
}

/** Answers as a system that refuses access to one path. */
function refuse(refused: string, code: string) {
  return {
    access: (path: string) => {
      if (path === refused) throw Object.assign(new Error(`${code}: refused, access '${path}'`), { code })
    }
  }
}

t.test('a file that can be read and written, or created, has no fault', async (t) => {
  const path = write(t)
  const link = `${path}-link`
  symlinkSync(path, link)
  t.same(
    [path, link, `${path}-new`, join(path, '../new/folder/file')].map((path) => fileFault(path)),
    [undefined, undefined, undefined, undefined]
  )
})

t.test('what is no file, or is below one, is named', async (t) => {
  const path = write(t)
  const parent = dirname(path)
  t.equal(fileFault(parent), `${parent} is a folder: ${REMEDY}`)
  t.equal(fileFault('/dev/null'), `/dev/null is not a regular file: ${REMEDY}`)
  t.equal(fileFault('/proc/a/file'), 'No files can be created in /proc: choose another path')
  t.equal(fileFault(join(path, 'below')), `${path} is not a folder: ${REMEDY}`)
  t.equal(fileFault(join(path, 'far/below')), `${path} is not a folder: ${REMEDY}`)
})

t.test('a file or a folder that refuses access is named, with the cause and the remedy', async (t) => {
  const path = write(t)
  const parent = dirname(path)
  const faults = (code: string) => [
    fileFault(path, refuse(path, code)),
    fileFault(path, refuse(parent, code)),
    fileFault(join(parent, 'new/file'), refuse(parent, code))
  ]
  const each = (sentence: (path: string) => string) => [path, parent, parent].map(sentence)
  t.same(
    faults('EROFS'),
    each((path) => `${path} is on a file system that is mounted read-only: mount it writable, or choose another path`)
  )
  t.same(
    faults('EPERM'),
    each(
      (path) =>
        `${path} is protected against changes (EPERM): remove the protection (chattr -i, or a security policy), or choose another path`
    )
  )
  t.same(
    faults('EIO'),
    each((path) => `EIO: refused, access '${path}'`)
  )
  const uid = process.getuid?.()
  t.same(
    faults('EACCES'),
    each(
      (path) =>
        `The user of this process (uid ${uid}) may not read and write ${path}, which belongs to uid ${uid} (EACCES): change its owner or mode, or choose another path`
    )
  )
  t.intercept(process, 'getuid', { value: undefined })
  t.match(fileFault(path, refuse(path, 'EACCES')), /^The user of this process may not read and write /)
})

t.test(
  'permissions of the system are found',
  { skip: process.getuid?.() === 0 && 'the superuser may read and write everything' },
  async (t) => {
    const path = write(t)
    chmodSync(path, 0o444)
    t.match(fileFault(path), /may not read and write .*file/)
    const closed = join(folder(t), 'closed')
    mkdirSync(closed, { mode: 0o555 })
    t.match(fileFault(join(closed, 'file')), /may not read and write .*closed/)
  }
)
