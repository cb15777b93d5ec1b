import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { settingsReport } from '../../lib/standalone/settings-report.ts'
import { isInstalled } from '../../lib/standalone/is-installed.ts'
import { folder } from '../support/build.ts'
import { check } from '../support/check-config.ts'
import { cli } from '../support/cli.ts'

t.test('each setting is shown with its source, and secrets are hidden', async (t) => {
  const here = folder(t)
  writeFileSync(
    join(here, '.env'),
    'SERVER_PORT=9000\nLOG_LEVEL=debug\nSERVER_NAME=dot\nS3_ACCESS_KEY=s3-key-id\nS3_SECRET_KEY=s3-secret-of-dotenv\n'
  )
  const env = {
    LOG_LEVEL: 'warn',
    SERVER_NAME: '',
    AUTHENTICATION_API_KEY: 'the-global-key',
    SQS_ACCESS_KEY_ID: 'aws-key-id',
    SQS_SECRET_ACCESS_KEY: 'aws-secret',
    SQS_ENDPOINT: 'http://user:endpoint-secret@127.0.0.1:9324',
    DATABASE_URL: 'postgres://events:db-secret@db.example/hub?password=db-secret&sslmode=require',
    CORS_ORIGIN: 'https://a.example,https://b.example',
    HUBS: 'evolution,waha',
    WAHA_HMAC_KEY: 'secret-of-waha',
    SQS_GLOBAL_CALL: 'true',
    SQS_CONCURENCY: '3',
    SQS_KMS_KEY_ID: 'alias/shown',
    SQS_TAGS: 'team=hub,stage=test'
  }
  const { code, report } = await check(env, { here })
  t.match({ code, ...report }, { code: 0, ok: true, faults: [], warnings: [/SQS_CONCURENCY.*SQS_CONCURRENCY/] })
  const by = Object.fromEntries(report.settings.map(({ name, value, from }) => [name, [value, from]]))
  t.match(by, {
    SERVER_PORT: [9000, '.env'],
    LOG_LEVEL: ['warn', 'environment'],
    SERVER_NAME: ['instance-events', 'default'],
    SERVER_URL: ['http://localhost:9000', 'default'],
    AUTHENTICATION_API_KEY: ['***', 'environment'],
    S3_SECRET_KEY: ['***', '.env'],
    SQS_ENDPOINT: ['http://***@127.0.0.1:9324', 'environment'],
    DATABASE_URL: ['postgres://***@db.example/hub?password=***&sslmode=require', 'environment'],
    CORS_ORIGIN: ['https://a.example,https://b.example', 'environment'],
    EXPOSE_API_KEY: [false, 'default'],
    HUBS: ['evolution,waha', 'environment'],
    WAHA_HMAC_KEY: ['***', 'environment'],
    WRONG_KEYS_PER_MINUTE: [20, 'default'],
    SQS_GLOBAL_CALL: [true, 'environment'],
    SQS_KMS_KEY_ID: ['alias/shown', 'environment'],
    SQS_TAGS: ['team=hub,stage=test', 'environment'],
    S3_BUCKET: [null, 'default']
  })
  t.notMatch(JSON.stringify(report), /the-global-key|s3-key-id|aws-key-id|secret-of|aws-secret|-secret@|db-secret/)

  const { out, error } = await cli(['check-config'], { env, folder: here })
  t.match(out, /^SETTING +VALUE +FROM\nSERVER_HOST +127\.0\.0\.1 +default\nSERVER_PORT +9000 +\.env\n/)
  t.match(error, /^warning: SQS_CONCURENCY is not a setting/)
  t.notMatch(out, /the-global-key|s3-key-id|aws-key-id|secret-of|aws-secret|-secret@|db-secret/)
})

t.test('a password with any characters is hidden, and the path of a file is shown', async (t) => {
  const shown = async (name: string, value: string) => {
    const { report } = await check({ AUTHENTICATION_API_KEY: 'the-global-key', [name]: value })
    return report.settings.find((setting) => setting.name === name)?.value
  }
  t.equal(await shown('SERVER_URL', 'http://u:s3/cr3t@h'), 'http://***@h')
  t.equal(await shown('SERVER_URL', 'u:s3cr3t@h'), '***@h')
  t.equal(await shown('DATABASE_URL', 'postgres://u:s3@cr3t@h/db'), 'postgres://***@h/db')
  t.equal(await shown('DATABASE_URL', 'file:./a@b/events.db'), 'file:./a@b/events.db')
})

t.test('without settings, the report says that the key is generated beside the database', async (t) => {
  const here = folder(t)
  const { report } = await check({ DATABASE_URL: 'file:./elsewhere/events.db' }, { here })
  t.match(
    report.settings.find(({ name }) => name === 'AUTHENTICATION_API_KEY'),
    {
      value: `generated, kept in ${join(here, 'elsewhere/api-key')}`,
      from: 'default'
    }
  )
})

t.test('all faults are reported at once, including those of the plugins', async (t) => {
  const faults = async (env: Record<string, string>) => {
    const { code, error, report } = await check(env)
    t.match({ code, error, ok: report.ok, settings: report.settings }, { code: 1, error: '', ok: false, settings: [] })
    return report.faults
  }
  t.match(await faults({ SERVER_PORT: 'http', LOG_LEVEL: 'loud' }), [
    /^SERVER_PORT: got "http"/,
    /^LOG_LEVEL: got "loud"/
  ])
  t.match(await faults({ SQS_GLOBAL_EVENTS: 'CALLL,CALL,NONSENSE' }), [
    /^SQS_GLOBAL_EVENTS: list\[0\] "CALLL" is not a known event/,
    /^SQS_GLOBAL_EVENTS: list\[2\]/
  ])
  t.match(await faults({ HUBS: 'waha', SQS_GLOBAL_EVENTS: 'WAHA_MESSAGE,CALL' }), [
    /^SQS_GLOBAL_EVENTS: list\[1\] "CALL" is not a known event/
  ])
  t.match(await faults({ WEBSOCKET_ALLOWED_HOSTS: 'localhost' }), [
    /^WEBSOCKET_ALLOWED_HOSTS: got "localhost", expected/
  ])
  t.match(await faults({ EXTRA_EVENTS: 'Not An Event', SQS_GLOBAL_EVENTS: 'X' }), [
    /^EXTRA_EVENTS: "Not An Event" is not an event name/
  ])
  const off = { SQS_GLOBAL_EVENTS: 'X', WEBSOCKET_ALLOWED_HOSTS: 'x', SQS_ENABLED: 'false', WEBSOCKET_ENABLED: 'false' }
  t.equal((await check(off)).code, 0, 'settings of what is switched off are not checked')
  const here = folder(t)
  mkdirSync(join(here, '.env'))
  t.match((await check({}, { here })).report.faults, [/^\.env cannot be read: EISDIR/])
  const { code, out, error } = await cli(['check-config'], { env: { SERVER_PORT: 'http' } })
  t.match({ code, out, error }, { code: 1, out: '', error: /^fault: SERVER_PORT: got "http"/ })
})

t.test('packages that the settings need and that are not installed are faults', async (t) => {
  const installed = (name: string) => !/fauxqs|presigner/.test(name)
  const faults = (env: Record<string, string>) => settingsReport({ env, folder: '/nowhere', installed }).faults
  t.match(faults({}), [/^SQS_BACKEND: the emulator is not installed: npm install fauxqs/])
  t.match(faults({ SQS_REGION: 'us-east-1', S3_BUCKET: 'bucket' }), [/npm install @aws-sdk\/s3-request-presigner$/])
  t.same(faults({ SQS_REGION: 'us-east-1' }), [])
  t.same([isInstalled('fauxqs'), isInstalled('no-such-package')], [true, false])
  const nothing = settingsReport({ env: {}, folder: '/nowhere', installed: () => false })
  t.match(nothing, { settings: [], checked: { config: { SQS_ENABLED: true } } })
})
