import t from 'tap'
import type { MessageParams } from '../../lib/error-class.ts'
import * as errors from '../../lib/errors.ts'
import { codesOf } from '../../lib/schemas/error-replies.ts'
import { explanationOfFault, explanationsOf, explanationsOfField, type MessageWords } from '../../console/explain.ts'
import { formatsOf } from '../../console/format.ts'
import { errorsEn } from '../../console/texts/errors/en.ts'
import { faultsPtBr } from '../../console/texts/faults/pt-br.ts'
import { build } from '../support/build.ts'

const portuguese: MessageWords = { faults: faultsPtBr, ...formatsOf('pt-BR') }
const english: MessageWords = { faults: undefined, ...formatsOf('en') }

t.test('each code that the server may answer or show has a text, and no other', async (t) => {
  const statuses = [400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503]
  const ofReplies = statuses.flatMap(codesOf)
  const others = Object.values(errors).filter((value) => typeof value === 'string')
  const known = Object.keys(errorsEn).filter((code) => /^IEV_(?!CLIENT_)/.test(code))
  t.same(known.sort(), [...new Set([...ofReplies, ...others])].sort())
})

t.test('each keyword of the schemas of requests has a text', async (t) => {
  const app = await build(t, { docs: true, sqs: false })
  const { body } = await app.inject('/docs/json')
  const keywords =
    /"((?:(?:min|max)(?:Length|Items|Properties)|(?:exclusiveM|m)(?:in|ax)imum|pattern|format|enum|const|multipleOf|uniqueItems))":/g
  const used = new Set(Array.from(body.matchAll(keywords), ([, keyword]) => keyword as string))
  t.ok(used.size > 5)
  t.same(
    [...used].filter((keyword) => !Object.hasOwn(faultsPtBr, keyword)),
    []
  )
})

t.test('messages are said in the language of the page, or else shown as they are', async (t) => {
  const params: (MessageParams | null)[] = [
    { code: 'maxLength', field: 'body.token', values: [1_234] },
    { code: 'IEV_SQS_QUEUE_UNAVAILABLE', values: ['a.fifo', 'AccessDenied', 'Access is denied'] },
    { code: 'IEV_TOKEN_TAKEN', values: [] },
    { code: 'toString', values: [] },
    null
  ]
  const messages = ['body.token must NOT have', 'Access is denied', 'It is taken', 'fourth', 'fifth', 'sixth']
  const error = { code: 'IEV_TOKEN_TAKEN', messages, params }
  t.same(explanationsOf(error, portuguese), [
    { text: 'token pode ter no máximo 1.234 caracteres.', original: undefined },
    { text: 'A fila a.fifo não foi encontrada nem criada: AccessDenied.', original: 'Access is denied' },
    { text: undefined, original: undefined },
    ...messages.slice(3).map((original) => ({ text: undefined, original }))
  ])
  t.same(
    explanationsOf(error, english),
    messages.map((text) => ({ text, original: undefined }))
  )
})

t.test('a fault is said in one text, with the original if it says more', async (t) => {
  const refused = { code: 'recentlyRefused', values: [1_234] }
  const told = (...params: (MessageParams | null)[]) =>
    explanationOfFault({ code: 'IEV_BACKPRESSURE', message: 'It is full', params }, portuguese)
  const count = 'Eventos recusados há pouco: 1.234.'
  t.strictSame(told(refused, { code: 'diskFull', values: [] }), {
    text: `${count} O disco do log de eventos está cheio: libere espaço.`,
    original: undefined
  })
  t.strictSame(told(refused, { code: 'databaseAway', values: [] }), {
    text: `${count} O PostgreSQL não está disponível agora.`,
    original: 'It is full'
  })
  t.strictSame(told(refused, null), { text: count, original: 'It is full' })
  const unsaid = { text: undefined, original: 'It is full' }
  t.strictSame(told(), unsaid)
  t.strictSame(explanationOfFault({ code: 'ENOSPC', message: 'It is full' }, portuguese), unsaid)
  t.strictSame(explanationOfFault({ code: 'ENOSPC', message: 'It is full' }, english), {
    text: 'It is full',
    original: undefined
  })
})

t.test('messages are matched to the field that they name', async (t) => {
  const messages = ['filter.a must be', 'body.filter must be', 'querystring.filter is', 'omit[0] must be', 'filters']
  const error = { code: 'IEV_FILTER_INVALID', messages, params: [{ code: 'listEmpty', field: 'filter.a', values: [] }] }
  t.same(explanationsOfField(error, 'filter', portuguese), [
    { text: 'filter.a precisa ter uma condição ou mais, como ["texto"].', original: undefined },
    { text: undefined, original: 'filter must be' },
    { text: undefined, original: 'filter is' }
  ])
  t.same(
    explanationsOfField(error, 'omit', english).map(({ text }) => text),
    messages.slice(3, 4)
  )
  t.same(explanationsOfField(undefined, 'filter', portuguese), [])
})
