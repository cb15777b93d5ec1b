import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { apiKeyFromFile } from '../../lib/standalone/api-key-file.ts'
import { folder } from '../support/build.ts'

t.test('a key is generated once, in a file and a folder that only the owner can read', async (t) => {
  const data = join(folder(t), 'deep/data')
  const path = join(data, 'api-key')
  const { apiKey: key, ...first } = apiKeyFromFile(path)
  t.match(key, /^[\w-]{32}$/)
  t.strictSame(first, { keyFile: path, newKey: key })
  t.strictSame(apiKeyFromFile(path), { apiKey: key, keyFile: path }, 'it is new on the first start only')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(data).mode & 0o777, 0o700)
  t.not(apiKeyFromFile(join(data, 'another')).apiKey, key)
})

t.test('the key of the operator is read without surrounding blanks', async (t) => {
  const path = join(folder(t), 'api-key')
  writeFileSync(path, '  my-own-key\r\n\n')
  t.strictSame(apiKeyFromFile(path), { apiKey: 'my-own-key', keyFile: path })
})

t.test('an empty file gets a key, and becomes readable by the owner only', async (t) => {
  const path = join(folder(t), 'api-key')
  writeFileSync(path, '\n', { mode: 0o644 })
  const { newKey: key } = apiKeyFromFile(path)
  t.equal(readFileSync(path, 'utf8'), `${key}\n`)
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('a file that cannot have a key is refused, named, and left as it is', async (t) => {
  const path = join(folder(t), 'api-key')
  const begin = 'AUTHENTICATION_API_KEY: is not set, and the file of the generated key cannot be used: '
  const end = '; or set the variable'
  const refusal = () => {
    const error = t.throws(() => apiKeyFromFile(path), { code: 'IEV_CONFIG_INVALID' }) as Error
    return error.message.slice(begin.length, -end.length)
  }
  const contents = ['short', 'one-key-here\nanother-key', 'a-key-with\0nul', 'chave-secréta']
  const refusals = contents.map((content) => {
    writeFileSync(path, content)
    return [refusal(), readFileSync(path, 'utf8')]
  })
  const reason = `${path} must have one line, a key of 8 characters or more, of printable ASCII: correct it, or delete it to have another generated`
  t.same(
    refusals,
    contents.map((content) => [reason, content])
  )
  rmSync(path)
  mkdirSync(path)
  t.equal(refusal(), `${path} is a folder: move it away, or choose another path`)
})

t.test('a folder that cannot be made is named', async (t) => {
  const file = join(folder(t), 'file')
  writeFileSync(file, '')
  t.throws(() => apiKeyFromFile(join(file, 'data/api-key')), {
    code: 'IEV_CONFIG_INVALID',
    message: new RegExp(`: ${file} is not a folder: move it away, or choose another path; or set the variable$`)
  })
  const gone = join(folder(t), 'api-key')
  symlinkSync(join(folder(t), 'nowhere/api-key'), gone)
  t.throws(() => apiKeyFromFile(gone), { code: 'IEV_CONFIG_INVALID', message: /ENOENT: .*; or set the variable$/ })
})
