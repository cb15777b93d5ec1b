import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { flood } from '../support/flood.ts'
import { startStandalone } from '../support/standalone.ts'

// Each test has its own server, and mostly waits.
t.jobs = 2

const ENV = { AUTHENTICATION_API_KEY: API_KEY, DATABASE_URL: ':memory:', SQS_ENABLED: 'false', LOG_LEVEL: 'error' }

t.test('an incomplete request is answered 408', async (t) => {
  const { url } = await startStandalone(t, { cwd: folder(t), env: { ...ENV, REQUEST_TIMEOUT_SECONDS: '1' } })
  const { hostname, port } = new URL(url)
  const starts = {
    headers: 'POST /events/sales HTTP/1.1\r\nhost: x\r\n',
    body: `POST /events/sales HTTP/1.1\r\nhost: x\r\napikey: ${API_KEY}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`
  }
  const answers = Object.entries(starts).map(async ([part, start]) => {
    const socket = connect(Number(port), hostname)
    t.after(() => socket.destroy())
    socket.write(start)
    return [part, await text(socket)]
  })
  t.match(Object.fromEntries(await Promise.all(answers)), { headers: /^HTTP\/1.1 408 /, body: /^HTTP\/1.1 408 / })
})

t.test('endless bodies are not read where there is no route', async (t) => {
  const { url } = await startStandalone(t, { cwd: folder(t), env: ENV })
  const cases = [
    ['POST /nothing', /^HTTP\/1.1 404 .*connection: close\r\n.*IEV_NOT_FOUND/s],
    ['POST /%', /^HTTP\/1.1 400 .*connection: close\r\n.*IEV_VALIDATION/s],
    ['OPTIONS /events/sales', /^HTTP\/1.1 (204|400) .*connection: close\r\n/s]
  ] as const
  for (const [line, answer] of cases) t.match(await flood(t, url, line), { end: 'closed', answer }, line)
})
