import {
  appendFileSync,
  closeSync,
  copyFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WatchedFile } from '../../../lib/store/sqlite/watched-file.ts'
import { folder } from '../../support/build.ts'

const CONTENT = 'a header of a hundred bytes, and what follows it'.repeat(10)
const OTHER = CONTENT.toUpperCase()
const YESTERDAY = new Date('2026-01-01')

function watch(t: Test) {
  const path = join(folder(t), 'file')
  writeFileSync(path, CONTENT)
  const file = new WatchedFile(path)
  return { path, file }
}

t.test('what another program does to a file is noticed', async (t) => {
  const gone = 'was deleted or replaced'
  const shortened = 'was shortened by another program'
  const overwritten = 'was overwritten by another program'
  const changes: { [what: string]: [change: (path: string) => void, fault: string | undefined] } = {
    nothing: [() => {}, undefined],
    touches: [() => {}, undefined],
    appends: [(path) => appendFileSync(path, 'more'), undefined],
    deletes: [(path) => rmSync(path), gone],
    replaces: [replace, gone],
    empties: [(path) => truncateSync(path), shortened],
    cuts: [(path) => truncateSync(path, CONTENT.length - 1), shortened],
    'copies another over it': [(path) => writeFileSync(path, OTHER), overwritten],
    'copies a longer one over it': [(path) => writeFileSync(path, OTHER.repeat(2)), overwritten]
  }
  const faults = Object.entries(changes).map(([what, [change]]) => {
    const { path, file } = watch(t)
    change(path)
    // The clock of files may be coarser than this test.
    if (what !== 'nothing' && what !== 'deletes') utimesSync(path, YESTERDAY, YESTERDAY)
    const fault = file.fault()
    file.close()
    return [what, fault]
  })
  t.same(
    faults,
    Object.entries(changes).map(([what, [, fault]]) => [what, fault])
  )
})

function replace(path: string): void {
  const before = `${path}-before`
  renameSync(path, before)
  copyFileSync(before, path)
}

t.test('what this process writes is no fault, and does not hide an earlier one', async (t) => {
  const { path, file } = watch(t)
  const faults = [OTHER, CONTENT, CONTENT.slice(1)].map((content) => {
    writeFileSync(path, content)
    file.written({ header: true })
    utimesSync(path, YESTERDAY, YESTERDAY)
    return file.fault()
  })
  t.same(faults, [undefined, undefined, undefined])
  truncateSync(path)
  t.equal(file.fault(), 'was shortened by another program')
  writeFileSync(path, CONTENT)
  file.written()
  t.equal(file.fault(), 'was shortened by another program')
  file.close()
})

t.test('a file that was moved and is back works', async (t) => {
  const { path, file } = watch(t)
  renameSync(path, `${path}-elsewhere`)
  t.equal(file.fault(), 'was deleted or replaced')
  renameSync(`${path}-elsewhere`, path)
  t.equal(file.fault(), undefined)
  file.close()
})

t.test('a file that cannot be read any more is a fault', async (t) => {
  const { path, file } = watch(t)
  closeSync(file.fd)
  utimesSync(path, YESTERDAY, YESTERDAY)
  t.match(file.fault(), /^cannot be read \(EBADF/)
  file.written()
  t.match(file.fault(), /^cannot be read \(EBADF/)
})
