import { EventEmitter } from 'node:events'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type InjectOptions } from 'fastify'
import t from 'tap'
import { explanationsOf, type Refusal } from '../../console/explain.ts'
import { formatsOf } from '../../console/format.ts'
import { errorsPtBr } from '../../console/texts/errors/pt-br.ts'
import { faultsPtBr } from '../../console/texts/faults/pt-br.ts'
import * as errors from '../../lib/errors.ts'
import { BodyIntake } from '../../lib/http/body-intake.ts'
import { refused } from '../../lib/store/postgres/connection.ts'
import { refusedWrite } from '../../lib/store/sqlite/database.ts'
import { fullBacklog } from '../../lib/store/backlog.ts'
import { toAnswer } from '../../routes/error-answer.ts'
import { UnreadPages } from '../../routes/unread-pages.ts'
import { API_KEY, build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'

const headers = { apikey: API_KEY }
const words = { faults: faultsPtBr, ...formatsOf('pt-BR') }
/** Each of their causes has a code of its own. */
const BY_CAUSE = ['IEV_BACKPRESSURE', 'IEV_BODY_MALFORMED', 'IEV_LIMIT_EXCEEDED']
const [, , BY_LIMIT] = BY_CAUSE
/** Errors of Fastify below 500 that no request to the routes can cause: their parsers and their 404 are others. */
const NOT_CAUSED = [
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INSTANCE_ALREADY_STARTED',
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_INVALID_URL',
  'FST_ERR_NOT_FOUND',
  'FST_ERR_ROUTE_MISSING_CONTENT',
  'FST_ERR_ROUTE_MISSING_CONTENT_TYPE',
  'FST_ERR_VALIDATION'
]

/** What a page in Portuguese says of an error: its texts, and the English ones that it shows on demand. */
function said({ code, messages, params = [] }: Omit<Refusal, 'params'> & Partial<Pick<Refusal, 'params'>>) {
  const explanations = explanationsOf({ code, messages, params }, words)
  return {
    texts: explanations.flatMap(({ text }) => text ?? []),
    originals: explanations.flatMap(({ original }) => original ?? [])
  }
}

/** What a page in Portuguese says of a refused request. */
async function refusal(server: FastifyInstance, request: InjectOptions) {
  const reply = await server.inject({ headers, ...request })
  const { code, response, ...rest } = reply.json<Refusal & { response: { message: string[] } }>()
  return { code, ...said({ code, ...rest, messages: response.message }) }
}

function thrownBy(work: () => unknown): errors.InstanceEventsError {
  try {
    work()
  } catch (error) {
    return error as errors.InstanceEventsError
  }
  throw new Error('Nothing was thrown')
}

t.test('each message that names something is said in Portuguese', async (t) => {
  const unsaid = Object.entries(errors).flatMap(([name, value]) => {
    if (!name.endsWith('Error')) return []
    const Class = value as unknown as new (...values: string[]) => errors.InstanceEventsError
    const { code, statusCode, params = [] } = new Class('A1', 'B2', 'C3', 'D4')
    const names = params.some((entry) => entry !== null && entry.values.length > 0)
    return names && statusCode !== 500 && !Object.hasOwn(faultsPtBr, code) ? [code] : []
  })
  t.same(unsaid.sort(), BY_CAUSE)
})

t.test('each error of Fastify that a request can cause is said in Portuguese', async (t) => {
  const request = { headers: {}, url: '/a%', routeOptions: { bodyLimit: 1_000 } } as unknown as FastifyRequest
  const reply = { statusCode: 200 } as FastifyReply
  const unsaid = Object.entries(Fastify.errorCodes).flatMap(([name, FastifysError]) => {
    const error = new FastifysError('a', 'b', 'c')
    if ((error.statusCode ?? 500) >= 500) return []
    const { code, messages, params } = toAnswer(error, request, reply)
    t.ok(Object.hasOwn(errorsPtBr, code), name)
    return said({ code, messages, params }).originals.length > 0 ? [name] : []
  })
  t.same(unsaid.sort(), NOT_CAUSED)
})

t.test('refused requests about instances, selections and keys', async (t) => {
  const server = await build(t, {
    sqs: false,
    eventLog: { operatorInstance: '_operator', autoRegisterMax: 1, instanceEventsPerSecond: 1 }
  })
  const create = (instanceName: string, more: object = {}): InjectOptions => ({
    method: 'POST',
    url: '/instance/create',
    payload: { instanceName, ...more }
  })
  await server.inject({ headers, ...create('sales', { token: 'token-of-sales' }) })
  await server.inject({ headers, ...create('quiet') })
  const call = { event: 'call', data: 1 }
  const post = (instance: string, payload: object = call): InjectOptions => ({
    method: 'POST',
    url: `/events/${instance}`,
    payload
  })
  const cases: [InjectOptions, code: string, ...texts: string[]][] = [
    [{ url: '/overview', headers: { apikey: 'wrong' } }, 'IEV_UNAUTHORIZED', 'Essa chave não autoriza a requisição.'],
    [{ url: '/overview', headers: {} }, 'IEV_UNAUTHORIZED', 'Essa chave não autoriza a requisição.'],
    [create('..'), 'IEV_INSTANCE_NAME_INVALID', 'instance não pode ser "." nem "..": URLs não os aceitam.'],
    [
      create('a\u0001'),
      'IEV_INSTANCE_NAME_INVALID',
      'instance não pode conter caracteres de controle nem caracteres Unicode inválidos.'
    ],
    [
      create('stream'),
      'IEV_INSTANCE_NAME_INVALID',
      '"stream" faz parte de uma rota, GET /events/stream: escolha outro nome.'
    ],
    [create('a'.repeat(101)), 'IEV_VALIDATION', 'instanceName pode ter no máximo 100 caracteres.'],
    [
      create('other', { integration: '\u0001' }),
      'IEV_VALIDATION',
      'integration não pode conter caracteres de controle nem caracteres Unicode inválidos.'
    ],
    [create('sales'), 'IEV_INSTANCE_EXISTS', 'O nome "sales" já está em uso.'],
    [create('other', { token: 'token-of-sales' }), 'IEV_TOKEN_TAKEN'],
    [create('_operator'), 'IEV_OPERATOR_INSTANCE', 'Só este servidor envia eventos de "_operator".'],
    [{ url: '/sqs/deadletters' }, 'IEV_TRANSPORT_DISABLED', 'Transporte: sqs.'],
    [{ url: '/instance/backlog/gone' }, 'IEV_INSTANCE_NOT_FOUND', 'Não há uma instância "gone".'],
    [
      post('unknown'),
      'IEV_TOO_MANY_INSTANCES',
      '"unknown" não foi registrada: o limite é de 1 instâncias (autoRegisterMax). Crie-a, ou aumente o limite.'
    ],
    [
      { method: 'POST', url: '/websocket/set/sales', payload: { enabled: true, events: ['CAL'] } },
      'IEV_EVENT_UNKNOWN',
      'events[0]: "CAL" não é um evento conhecido; os mais parecidos são CALL, CHATS_SET, CHATS_DELETE.'
    ],
    [post('sales', { event: 'call' }), 'IEV_VALIDATION', 'data é obrigatório.']
  ]
  for (const [request, code, ...texts] of cases)
    t.strictSame(await refusal(server, request), { code, texts, originals: [] }, `${code} of ${String(request.url)}`)

  const minute = Array.from({ length: 60 }, () => call)
  t.equal((await server.inject({ headers, ...post('sales', minute) })).statusCode, 202)
  t.match(await refusal(server, post('sales')), {
    code: BY_LIMIT,
    texts: ['"sales" passou do limite eventsPerSecond, que é de 1 por nó.'],
    originals: []
  })
  server.eventLog.stopIntake()
  t.strictSame(await refusal(server, post('quiet')), { code: 'IEV_CLOSING', texts: [], originals: [] })

  for (let tries = 0; tries < 100; tries++)
    await server.inject({ url: '/overview', headers: { apikey: `wrong${tries}` } })
  t.strictSame(await refusal(server, { url: '/overview' }), {
    code: 'IEV_TOO_MANY_REQUESTS',
    texts: [
      'Vieram chaves erradas demais deste endereço: por enquanto, nem a chave certa é aceita. Confira a chave e tente mais tarde.'
    ],
    originals: []
  })
})

t.test('refused requests about events and dead letters', async (t) => {
  const server = await build(t, { eventLog: { instanceRetainedBytes: 100_000 }, bodyLimit: 400_000 })
  const raw = (data: string): InjectOptions => ({
    method: 'POST',
    url: '/events/sales',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: `{"event":"call","data":${data}}`
  })
  t.equal((await server.inject(raw('1'))).statusCode, 202)
  const malformed = (payload: string | Buffer, type = 'application/json'): InjectOptions => ({
    method: 'POST',
    url: '/events/sales',
    headers: { ...headers, 'content-type': type },
    payload
  })
  const erase = (payload: object): InjectOptions => ({ method: 'POST', url: '/events/sales/erase', payload })
  const redrive = (payload: object): InjectOptions => ({ method: 'POST', url: '/sqs/deadletters/redrive', payload })
  const ids = Array.from({ length: 1_001 }, (_, index) => index + 1)
  const cases: [InjectOptions, code: string, ...texts: string[]][] = [
    [
      raw(`${'['.repeat(101)}${']'.repeat(101)}`),
      'IEV_EVENT_INVALID',
      'data tem mais de 100 níveis de objetos e listas.'
    ],
    [
      raw('{"n":1e400}'),
      'IEV_EVENT_INVALID',
      'data tem o número 1e400: a maioria dos leitores de JSON não representa números de 1e308 ou mais.'
    ],
    [raw('x'), 'IEV_BODY_MALFORMED', 'O corpo não é JSON: há "x" no byte 23, onde não é permitido.'],
    [malformed(''), 'IEV_BODY_MALFORMED', 'O corpo está vazio.'],
    [malformed('{'), 'IEV_BODY_MALFORMED', 'O corpo termina cedo demais.'],
    [malformed(Buffer.from([0x22, 0xff, 0x22])), 'IEV_BODY_MALFORMED', 'O corpo não está em UTF-8.'],
    [malformed('<a/>', 'text/xml'), 'IEV_UNSUPPORTED_MEDIA_TYPE', 'O corpo recebido tem content-type: text/xml.'],
    [raw(`"${'x'.repeat(400_000)}"`), 'IEV_BODY_TOO_LARGE', 'O limite é de 400.000 bytes.'],
    [
      { url: '/events/sales?after=1&before=2' },
      'IEV_VALIDATION',
      'after e querystring.before não podem ser usados juntos: envie um dos dois.'
    ],
    [
      { url: '/events/sales?after=1&at=2026-01-31' },
      'IEV_VALIDATION',
      'at e querystring.after não podem ser usados juntos: envie um dos dois.'
    ],
    [
      { url: '/events/sales?at=yesterday' },
      'IEV_VALIDATION',
      'at: "yesterday" não é um horário ISO 8601, como 2026-01-31T12:00:00Z.'
    ],
    [{ url: '/events?instances=a' }, 'IEV_VALIDATION', 'instances só pode ser usado com querystring.wait.'],
    [{ url: '/events/sales?filter=x' }, 'IEV_VALIDATION', 'filter precisa ser JSON.'],
    [{ url: '/events/sales/outcome?offset=9' }, 'IEV_EVENT_NOT_FOUND', '"sales" não tem um evento no offset 9.'],
    [
      erase({ jid: '5511@s.whatsapp.net', ids: ['a'] }),
      'IEV_VALIDATION',
      'jid e body.ids não podem ser usados juntos: envie um dos dois.'
    ],
    [erase({}), 'IEV_VALIDATION', 'A requisição precisa de jid ou de ids.'],
    [erase({ ids: ['a'], after: 1 }), 'IEV_VALIDATION', 'after só pode ser usado com body.jid.'],
    [erase({ jid: 'Maria' }), 'IEV_VALIDATION', 'jid: "Maria" não é um JID do WhatsApp.'],
    [
      redrive({ ids: [8, 9_999] }),
      'IEV_DEAD_LETTER_NOT_FOUND',
      'Não há uma dead letter 8.',
      'Não há uma dead letter 9999.'
    ],
    [redrive({ all: true, queue: 'a' }), 'IEV_VALIDATION', 'all não pode ser usado com outros: retire queue.'],
    [redrive({}), 'IEV_VALIDATION', 'A requisição precisa de ids, instance, queue ou reason, ou de all: true.'],
    [redrive({ ids }), 'IEV_VALIDATION', 'ids pode ter no máximo 1.000 itens.'],
    [
      redrive({ queue: 'a\u0001' }),
      'IEV_VALIDATION',
      'queue não pode conter caracteres de controle nem caracteres Unicode inválidos.'
    ]
  ]
  for (const [request, code, ...texts] of cases)
    t.strictSame(await refusal(server, request), { code, texts, originals: [] }, `${code} of ${String(request.url)}`)

  const busy = await Promise.all(
    [erase({ ids: ['a'] }), erase({ ids: ['b'] })].map((both) => server.inject({ headers, ...both }))
  )
  const [, second] = busy
  const { code, response, params } = second!.json<Refusal & { response: { message: string[] } }>()
  t.strictSame(said({ code, messages: response.message, params }), {
    texts: ['Outra requisição já está apagando eventos de "sales": envie uma de cada vez.'],
    originals: []
  })

  t.equal((await server.inject(raw(`"${'x'.repeat(150_000)}"`))).statusCode, 202)
  t.strictSame(await refusal(server, raw('2')), {
    code: BY_LIMIT,
    texts: [
      '"sales" já ocupa 100.000 bytes do log, o limite dela (retainedBytes): espere até que eventos antigos sejam removidos.'
    ],
    originals: []
  })
})

t.test('a queue that AWS refuses is named, with what AWS says on demand', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, { sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  proxy.decide = ({ action, body }) =>
    action === 'CreateQueue' && String(body.QueueName).includes('call')
      ? { status: 403, code: 'AccessDenied', message: 'You may not' }
      : undefined
  const payload = { enabled: true, events: ['CALL'] }
  t.match(await refusal(server, { method: 'POST', url: '/sqs/set/sales', payload }), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    texts: [
      'A fila sales_call.fifo não foi encontrada nem criada: AccessDenied.',
      'A seleção não mudou. 0 das 1 filas dela estão prontas e são mantidas; faltam: sales_call.fifo.'
    ],
    originals: [/You may not/]
  })
})

t.test('a server without room, and one whose file is damaged', async (t) => {
  const intake = new BodyIntake(100)
  intake.resize('sales', { from: 0, to: 40 })
  const unread = new UnreadPages({ max: 2 })
  const raw = Object.assign(new EventEmitter(), { req: { socket: new EventEmitter() }, socket: {} })
  const reply = { raw, request: { params: {} } } as unknown as Parameters<UnreadPages['add']>[1]
  unread.add('x', reply)
  t.after(() => raw.emit('close'))
  const sqliteRefusal = (errcode: number) =>
    refusedWrite(
      Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode })
    ) as errors.BackpressureError
  const refusals = [
    fullBacklog({ pending: 1_000, max: 1_000 }),
    thrownBy(() => intake.resize('sales', { from: 0, to: 50 })),
    thrownBy(() => unread.add('x', reply)),
    new errors.StoreDamagedError('events.db', 'row 5 is missing'),
    sqliteRefusal(13),
    sqliteRefusal(10),
    refused(new Error('read ECONNRESET')) as errors.BackpressureError
  ].map(({ code, message, params }) => said({ code, messages: [message], ...(params && { params }) }))
  t.match(refusals, [
    { texts: ['Há 1.000 entregas pendentes ao SQS; o limite é 1.000.'], originals: [] },
    { texts: [/^40 bytes de outras requisições/], originals: [] },
    { texts: ['Há páginas demais do log que clientes ainda não leram.'], originals: [] },
    { texts: [/^Banco de dados events\.db: pare o servidor/], originals: [/row 5 is missing/] },
    { texts: ['O disco do log de eventos está cheio: libere espaço.'], originals: [] },
    { texts: ['O log de eventos não pode ser gravado.'], originals: [/disk I\/O error/] },
    { texts: ['O PostgreSQL não está disponível agora.'], originals: [/ECONNRESET/] }
  ])
})
