import t from 'tap'
import app from '../../app.ts'
import { API_KEY, bare } from '../support/build.ts'

t.test('a host app keeps its own parsers, errors and replies', async (t) => {
  const server = bare(t)
  await server.register(app, { apiKey: API_KEY, prefix: '/hub', eventLog: { url: ':memory:' }, sqs: false })
  server.post('/text', (request) => ({ got: request.body }))
  server.get('/fails', () => {
    throw new Error('the host’s own')
  })
  await server.ready()

  const text = await server.inject({
    method: 'POST',
    url: '/text',
    headers: { 'content-type': 'text/plain' },
    payload: 'hello'
  })
  t.same(text.json(), { got: 'hello' })
  t.match((await server.inject('/fails')).json(), { statusCode: 500, message: 'the host’s own' })
  t.match((await server.inject('/nothing')).json(), { statusCode: 404 })
  t.equal((await server.inject('/hub/health')).statusCode, 200)
  t.equal((await server.inject('/health')).statusCode, 404)
})
