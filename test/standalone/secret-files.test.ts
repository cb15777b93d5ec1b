import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../lib/standalone/config.ts'
import { EnvSchema } from '../../lib/standalone/settings.ts'
import { folder } from '../support/build.ts'
import { cli } from '../support/cli.ts'
import { call, startStandalone } from '../support/standalone.ts'

/** Writes a file in a folder of its own. @returns its path */
function secret(t: Test, content: string | Buffer): string {
  const path = join(folder(t), 'secret')
  writeFileSync(path, content)
  return path
}

function fault(env: Record<string, string>): string {
  try {
    loadConfig(env)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

t.test('each secret can be given as a file, whose line end is removed', async (t) => {
  const values = {
    AUTHENTICATION_API_KEY: 'the-global-key',
    AUTHENTICATION_API_KEY_PREVIOUS: 'the-earlier-key',
    DATABASE_URL: 'postgres://events:p%40ss@db.example/hub',
    SQS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    SQS_SECRET_ACCESS_KEY: 'a/secret+of=aws',
    S3_ACCESS_KEY: 's3-key-id',
    S3_SECRET_KEY: 's3-secret',
    WAHA_HMAC_KEY: 'secret of waha'
  }
  t.same(
    Object.keys(EnvSchema.properties)
      .filter((name) => name.endsWith('_FILE'))
      .sort(),
    Object.keys(values)
      .map((name) => `${name}_FILE`)
      .sort()
  )
  for (const end of ['', '\n', '\r\n']) {
    const files = Object.entries(values).map(([name, value]) => [`${name}_FILE`, secret(t, `${value}${end}`)])
    const env = { SQS_REGION: 'sa-east-1', HUBS: 'waha', ...Object.fromEntries(files) }
    t.match(loadConfig(env), { ...values, warnings: [] }, JSON.stringify(end))
  }
})

t.test('a file that cannot be the secret is a fault that names the setting, the file and the remedy', async (t) => {
  const fromFile = (path: string) => fault({ AUTHENTICATION_API_KEY_FILE: path })
  const of = (content: string | Buffer) => {
    const path = secret(t, content)
    return fromFile(path).replace(path, '<path>')
  }
  const begin = 'AUTHENTICATION_API_KEY_FILE: <path> cannot be used: '
  t.strictSame(['', '\n', ' \n'].map(of), Array(3).fill(`${begin}it is empty: write the value into it`))
  const lines = `${begin}it has several lines: write only the value, in one line`
  t.strictSame(['key-of-hunter2\nhunter2\n', 'key-of-hunter2\n\n'].map(of), [lines, lines])
  const surrounded = `${begin}it begins or ends with a space, or is in quotes: write only the value`
  t.strictSame([' key-of-hunter2', 'key-of-hunter2 \n', '"key-of-hunter2"\n'].map(of), Array(3).fill(surrounded))
  t.equal(of(Buffer.from('key-of-hunter2', 'utf16le')), `${begin}it is UTF-16: save it as UTF-8`)
  t.match(of('hunter2\n'), /^AUTHENTICATION_API_KEY: got an invalid value, expected the global key, 8 characters/)

  const here = folder(t)
  mkdirSync(join(here, 'secrets'))
  t.equal(
    fromFile(join(here, 'secrets')),
    `AUTHENTICATION_API_KEY_FILE: ${here}/secrets cannot be used: it is not a file`
  )
  t.match(fromFile(join(here, 'missing')), /^AUTHENTICATION_API_KEY_FILE: .*missing cannot be used: ENOENT: /)
  t.equal(
    fromFile('key-of-hunter2'),
    'AUTHENTICATION_API_KEY_FILE: is not the absolute path of a file',
    'a secret in the place of the path is not shown'
  )
})

t.test('a setting and its file at once are a fault', async (t) => {
  const path = secret(t, 'key-of-hunter2\n')
  t.equal(
    fault({ AUTHENTICATION_API_KEY: 'key-of-hunter3', AUTHENTICATION_API_KEY_FILE: path, SERVER_PORT: 'http' }),
    'SERVER_PORT: got "http", expected a whole number from 0 to 65535\n' +
      'AUTHENTICATION_API_KEY: is set, and AUTHENTICATION_API_KEY_FILE too: set only one of them'
  )
  t.match(loadConfig({ AUTHENTICATION_API_KEY: '', AUTHENTICATION_API_KEY_FILE: path }), {
    AUTHENTICATION_API_KEY: 'key-of-hunter2'
  })
})

t.test('`check-config` shows the file of a secret, and hides the secret', async (t) => {
  const path = secret(t, 'postgres://events:hunter2@db.example/hub\n')
  const env = { AUTHENTICATION_API_KEY_FILE: secret(t, 'key-of-hunter2\n'), DATABASE_URL_FILE: path }
  const { code, out } = await cli(['check-config', '--json'], { env, folder: folder(t) })
  t.equal(code, 0)
  const { settings } = JSON.parse(out) as { settings: { name: string }[] }
  t.strictSame(
    settings.filter(({ name }) => /^(DATABASE_URL|AUTHENTICATION_API_KEY)(_FILE)?$/.test(name)),
    [
      { name: 'AUTHENTICATION_API_KEY', value: '***', from: 'file' },
      { name: 'AUTHENTICATION_API_KEY_FILE', value: env.AUTHENTICATION_API_KEY_FILE, from: 'environment' },
      { name: 'DATABASE_URL', value: 'postgres://***@db.example/hub', from: 'file' },
      { name: 'DATABASE_URL_FILE', value: path, from: 'environment' }
    ]
  )
  t.notMatch(out, /hunter2/)
})

t.test('a server with the key in a file accepts it, and prints no key', async (t) => {
  const env = { AUTHENTICATION_API_KEY_FILE: secret(t, 'key-of-hunter2\n'), SQS_ENABLED: 'false' }
  const { url, output } = await startStandalone(t, { cwd: folder(t), env })
  t.match(await call(`${url}/instance/fetchInstances`, { key: 'key-of-hunter2' }), { status: 200, body: [] })
  t.notMatch(output(), /hunter2|API key/)
})
