import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { apiKeyFromFile } from '../../lib/standalone/api-key-file.ts'
import { folder } from '../support/build.ts'

t.test('a key is generated once, in a file and a folder that only the owner can read', async (t) => {
  const data = join(folder(t), 'deep/data')
  const path = join(data, 'api-key')
  const key = apiKeyFromFile(path)
  t.match(key, /^[\w-]{32}$/)
  t.equal(apiKeyFromFile(path), key)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(data).mode & 0o777, 0o700)
  t.not(apiKeyFromFile(join(data, 'another')), key)
})

t.test('the key of the operator is read without surrounding blanks', async (t) => {
  const path = join(folder(t), 'api-key')
  writeFileSync(path, '  my-own-key\r\n\n')
  t.equal(apiKeyFromFile(path), 'my-own-key')
})

t.test('an empty file gets a key, and becomes readable by the owner only', async (t) => {
  const path = join(folder(t), 'api-key')
  writeFileSync(path, '\n', { mode: 0o644 })
  const key = apiKeyFromFile(path)
  t.equal(readFileSync(path, 'utf8'), `${key}\n`)
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('an unreadable key is not replaced', async (t) => {
  const path = join(folder(t), 'api-key')
  mkdirSync(path)
  t.throws(() => apiKeyFromFile(path), { code: 'EISDIR', syscall: 'read' })
})
