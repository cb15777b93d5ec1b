import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readDotenv } from '../../lib/standalone/dotenv.ts'
import { fillSdkEnvironment } from '../../lib/standalone/sdk-environment.ts'
import { folder } from '../support/build.ts'
import { spawnServer } from '../support/standalone.ts'

const TEXT = 'SERVER_PORT=9000\r\nSERVER_NAME="Olá"\r\nSQS_REGION=sa-east-1 \n'

function read(t: Parameters<typeof folder>[0], bytes: Buffer | string) {
  const path = folder(t)
  writeFileSync(join(path, '.env'), bytes)
  return readDotenv(path)
}

t.test('a file with a byte order mark and Windows line ends is read', async (t) => {
  const read8 = { SERVER_PORT: '9000', SERVER_NAME: 'Olá', SQS_REGION: 'sa-east-1' }
  t.match(read(t, TEXT), read8)
  t.match(read(t, `\ufeff${TEXT}`), read8)
  t.match(readDotenv(folder(t)), {}, 'there need not be one')
})

t.test('variables of the AWS SDK are copied to the environment, which comes first', async (t) => {
  const environment = { AWS_REGION: 'us-east-1' }
  fillSdkEnvironment({ AWS_REGION: 'sa-east-1', AWS_PROFILE: 'hub', SQS_REGION: 'sa-east-1' }, environment)
  t.strictSame(environment, { AWS_REGION: 'us-east-1', AWS_PROFILE: 'hub' })
})

t.test('a file in another encoding is refused', async (t) => {
  const utf16 = { code: 'IEV_CONFIG_INVALID', message: '.env cannot be read: it is UTF-16: save it as UTF-8' }
  const little = Buffer.from(TEXT, 'utf16le')
  t.throws(() => read(t, Buffer.concat([Buffer.from([0xff, 0xfe]), little])), utf16)
  t.throws(() => read(t, Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()])), utf16)
  t.throws(() => read(t, little), utf16)
  t.throws(() => read(t, Buffer.from(TEXT, 'latin1')), {
    message: '.env cannot be read: it is not UTF-8: save it as UTF-8'
  })
  const path = folder(t)
  mkdirSync(join(path, '.env'))
  t.throws(() => readDotenv(path), { message: /^\.env cannot be read: EISDIR/ })
})

t.test('a server with an unreadable .env does not start', async (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, '.env'), Buffer.from(`\ufeff${TEXT}`, 'utf16le'))
  const { ended, output } = spawnServer(t, { cwd, env: {} })
  t.equal(await ended(), 1)
  t.match(output(), 'The server was not started:\n  .env cannot be read: it is UTF-16')
})
