import * as fc from 'fast-check'
import { bodyFor } from './bodies.ts'
import { type Bomb, bomb } from './json-texts.ts'
import { API_KEY, GOOD, HOSTILE } from './tenants.ts'

/** A generated request, which is short to print whatever its body is. */
export interface HostileRequest {
  method: string
  path: string
  key: { header: 'apikey' | 'authorization'; value: string } | undefined
  contentType: string | undefined
  body: string | Bomb | undefined
  /** How the body is sent: shorter or longer than announced, in chunks, or in small chunks with pauses. */
  delivery: 'whole' | 'truncated' | 'over-long' | 'chunked' | 'slow' | 'false-chunks'
}

const ODD_NAMES = [
  'a%00b',
  '%F0%9F%98%80',
  '..',
  '%2e%2e%2f',
  'a%2Fb',
  '%',
  '%zz',
  '%C3%28',
  'x'.repeat(100),
  'x'.repeat(101)
]
const oddName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('other', 'third') },
  { weight: 3, arbitrary: fc.constantFrom('__proto__', ...ODD_NAMES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }).map(encodeURIComponent) }
)
const withGlobalKey = { key: fc.constant(API_KEY), name: oddName }
const withToken = {
  key: fc.constant(HOSTILE.token),
  name: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(HOSTILE.instance, HOSTILE.instance, HOSTILE.instance, GOOD.instance) },
    { weight: 1, arbitrary: oddName }
  )
}
const withWrongKey = { key: fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), name: withToken.name }
const whose = fc.constantFrom(
  withGlobalKey,
  withGlobalKey,
  withGlobalKey,
  withGlobalKey,
  withToken,
  withToken,
  withToken,
  withWrongKey
)

const ROUTES = [
  'POST /events/NAME',
  'POST /events/NAME',
  'POST /webhook/evolution',
  'POST /webhook/evolution/EVENT',
  'POST /webhook/waha',
  'POST /webhook/evolution-go',
  'POST /sqs/set/NAME',
  'POST /websocket/set/NAME',
  'POST /instance/create',
  'PUT /instance/token/NAME',
  'PUT /instance/silence/NAME',
  'DELETE /instance/delete/NAME',
  'DELETE /sqs/deadletters',
  'POST /sqs/deadletters/redrive'
]
const READ_ROUTES =
  `/events/NAME /events /sqs/find/NAME /websocket/find/NAME /sqs/queues/NAME /sqs/deadletters /instance/fetchInstances
 /sqs/deadletters/groups /instance/backlog/NAME /events/NAME/outcome /server /overview /metrics /ready /health / /console /docs /docs/json /docs/asyncapi /events/NAME/stream
 /nowhere/NAME //events//NAME /events/NAME/ /../server * /socket.io/ http://else.where/server`.split(/\s+/)
const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom(
            'after',
            'before',
            'limit',
            'events',
            'instance',
            'search',
            'apikey',
            '%61pikey',
            'a[]',
            '__proto__',
            'wait'
          ),
          fc.oneof(
            fc.constantFrom('0', '-1', '1e9', '99999999999999999999', 'a%00b', '%zz', 'latest', '%', ''),
            fc.string({ unit: 'binary', maxLength: 20 }).map(encodeURIComponent)
          )
        ),
        { maxLength: 4 }
      )
      .map((pairs) => `?${pairs.map((pair) => pair.join('=')).join('&')}`)
  }
)
const contentType = fc.oneof(
  { weight: 8, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      undefined,
      '',
      'text/plain',
      'application/json; charset=utf-16',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'a',
      'application/json;;'
    )
  }
)
const delivery = fc.oneof(
  { weight: 6, arbitrary: fc.constant('whole' as const) },
  { weight: 1, arbitrary: fc.constantFrom('truncated', 'over-long', 'chunked', 'slow', 'false-chunks') }
)

const READ_METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'QUERY', 'TRACE', 'BREW']

/** Requests that change something, with bodies of about `maxBytes` at most. */
export function hostileWrite(maxBytes: number): fc.Arbitrary<HostileRequest> {
  return fc.constantFrom(...ROUTES).chain((route) => {
    const [method = '', path = ''] = route.split(' ')
    return hostileRequest({ method: fc.constant(method), path: fc.constant(path), body: bodyFor(route, maxBytes) })
  })
}

/** Requests that read something, with odd paths and methods. */
export const hostileRead: fc.Arbitrary<HostileRequest> = hostileRequest({
  method: fc.constantFrom(...READ_METHODS),
  path: fc.constantFrom(...READ_ROUTES),
  body: fc.constant(undefined)
})

/** Requests that are valid but for their body. */
export function bombRequest(maxBytes: number): fc.Arbitrary<HostileRequest & { body: Bomb }> {
  return bomb(maxBytes).map((body) => ({
    method: 'POST',
    path: `/events/${HOSTILE.instance}`,
    key: { header: 'apikey', value: HOSTILE.token },
    contentType: 'application/json',
    body,
    delivery: 'whole'
  }))
}

function hostileRequest(line: {
  method: fc.Arbitrary<string>
  path: fc.Arbitrary<string>
  body: fc.Arbitrary<HostileRequest['body']>
}): fc.Arbitrary<HostileRequest> {
  return whose.chain(({ key, name }) =>
    fc
      .record({
        ...line,
        name,
        event: fc.constantFrom('call', 'call', 'messages-upsert', 'no-such', '__proto__', '%00', '%zz'),
        query,
        key: fc.record({ header: fc.constantFrom('apikey' as const, 'authorization' as const), value: key }),
        contentType,
        delivery
      })
      .map(({ name: instance, event, query: asked, path, ...rest }) => ({
        ...rest,
        path: path.replace('NAME', () => instance).replace('EVENT', event) + asked
      }))
  )
}
