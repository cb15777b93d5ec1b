import cors from '@fastify/cors'
import t from 'tap'
import { answerError } from '../../routes/conventions.ts'
import { refuseOtherOptions } from '../../routes/preflights.ts'
import { bare } from '../support/build.ts'

t.test('of OPTIONS requests, only preflights of CORS are accepted', async (t) => {
  const server = bare(t)
  server.setErrorHandler(answerError)
  refuseOtherOptions(server)
  await server.register(cors)
  server.get('/', async () => 'a page')
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  const { 'access-control-request-method': _, ...withoutMethod } = preflight
  const { origin: __, ...withoutOrigin } = preflight
  const statuses = [preflight, withoutMethod, withoutOrigin, {}].map(async (headers) => {
    const { statusCode, body } = await server.inject({ method: 'OPTIONS', url: '/', headers })
    return [statusCode, body && (JSON.parse(body) as { code: string }).code]
  })
  const refused = [400, 'IEV_VALIDATION']
  t.strictSame(await Promise.all(statuses), [[204, ''], refused, refused, refused])
  t.equal((await server.inject('/')).body, 'a page')
})
