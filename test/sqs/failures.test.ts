import t from 'tap'
import { QueueUnavailableError, QueueUnusableError } from '../../lib/errors.ts'
import { callFailure, CallError, entryFailure, failureCode, failureMessage } from '../../lib/sqs/failures.ts'

const named = (name: string, more: object = {}) => Object.assign(new Error('why'), { name, ...more })

t.test('the code of a failure is AWS’s, else the system’s', (t) => {
  const aws = named('RequestThrottled')
  const cases: [unknown, string][] = [
    [aws, 'RequestThrottled'],
    [Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [named('TimeoutError', { code: 'ECONNRESET' }), 'ECONNRESET'],
    [named('TimeoutError'), 'IEV_TIMEOUT'],
    [named('TypeError', { code: 'ERR_INVALID_URL' }), 'ERR_INVALID_URL'],
    [named('two words'), 'IEV_INTERNAL'],
    [new Error('bare'), 'IEV_INTERNAL'],
    ['a string', 'IEV_INTERNAL'],
    [undefined, 'IEV_INTERNAL'],
    [new QueueUnavailableError('q', 'x', 'y', { cause: aws }), 'RequestThrottled'],
    [new QueueUnusableError('q', 'FifoQueue', 'false'), 'IEV_SQS_QUEUE_UNUSABLE']
  ]
  for (const [error, code] of cases) t.equal(failureCode(error), code)
  t.end()
})

t.test('the message of a failure is never empty', (t) => {
  t.equal(failureMessage(new Error('why')), 'why')
  t.equal(failureMessage(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })), 'ECONNREFUSED')
  t.equal(failureMessage('thrown text'), 'thrown text')
  t.end()
})

t.test('without a region or credentials, the message names what to set', async (t) => {
  t.equal(failureMessage(new Error('Region is missing')), 'Region is missing: set the option region, or AWS_REGION')
  t.match(
    failureMessage(new Error('Could not load credentials from any providers')),
    /^Could not load credentials from any providers: set the option credentials, .* or use a role$/
  )
})

t.test('failures are transient, permanent, or about a missing queue', (t) => {
  for (const name of [
    'AccessDenied',
    'AccessDeniedException',
    'InvalidMessageContents',
    'KmsAccessDenied',
    'UnsupportedOperation'
  ]) {
    t.equal(callFailure(named(name)).kind, 'permanent', name)
  }
  for (const name of ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue']) {
    t.equal(callFailure(named(name)).kind, 'missing-queue', name)
  }
  for (const name of [
    'RequestThrottled',
    'ThrottlingException',
    'KmsThrottled',
    'InternalFailure',
    'ServiceUnavailable',
    'TimeoutError',
    'ExpiredTokenException',
    'InvalidClientTokenId',
    'SignatureDoesNotMatch',
    'CredentialsProviderError',
    'QueueDeletedRecently'
  ]) {
    t.equal(callFailure(named(name)).kind, 'transient', name)
  }
  t.end()
})

t.test('a refused entry is a permanent failure only if the sender is at fault', (t) => {
  const entry = { Id: '0', Code: 'InvalidMessageContents', SenderFault: true }
  t.strictSame(entryFailure(entry), { kind: 'permanent', code: entry.Code, message: entry.Code })
  t.equal(entryFailure({ ...entry, SenderFault: false }).kind, 'transient')
  t.equal(entryFailure({ ...entry, Code: 'ThrottlingException' }).kind, 'transient')
  t.strictSame(entryFailure({ Id: '0', Code: undefined, SenderFault: undefined, Message: 'why' }), {
    kind: 'transient',
    code: 'Unanswered',
    message: 'why'
  })
  t.match(
    entryFailure({ ...entry, Message: 'Value a for parameter MessageGroupId is not valid for this queue type' }),
    { message: /queue type\. This service has no fair queues: switch fairQueues off$/ }
  )
  t.match(entryFailure({ ...entry, Code: '<script>' }), { code: 'Unanswered' })
  t.end()
})

/** As the SDK throws it, for an answer that it cannot read. */
const answered = (status: number, type = 'text/html', name = 'SyntaxError') =>
  named(name, { $metadata: { httpStatusCode: status }, $response: { headers: { 'content-type': type } } })

t.test('an answer without a code of AWS is judged by its status', (t) => {
  const cases: [Error, string, string][] = [
    [answered(200), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(302, 'text/html', 'Unknown'), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(401), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(404), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(407), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(400, 'text/xml'), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(403, 'application/xml'), 'transient', 'IEV_SQS_NOT_SQS'],
    [answered(400), 'permanent', 'HTTP 400'],
    [answered(403, 'text/plain'), 'permanent', 'HTTP 403'],
    [answered(413), 'permanent', 'HTTP 413'],
    [answered(413, 'text/xml'), 'permanent', 'HTTP 413'],
    [answered(413, '', 'RequestTooLong'), 'permanent', 'RequestTooLong'],
    [answered(413, '', 'PayloadSize'), 'permanent', 'PayloadSize'],
    [answered(429), 'transient', 'HTTP 429'],
    [answered(502), 'transient', 'HTTP 502'],
    [answered(503, '', 'TypeError'), 'transient', 'HTTP 503']
  ]
  for (const [error, kind, code] of cases) t.match(CallError.from(error).failure, { kind, code }, code)
  t.match(CallError.from(named('Unknown', { $metadata: { httpStatusCode: 301 } })).failure, { code: 'IEV_SQS_NOT_SQS' })
  t.match(CallError.from(answered(403), 'S3').failure, { kind: 'transient', code: 'IEV_S3_NOT_S3' })
  t.match(CallError.from(answered(413), 'S3').failure, { kind: 'permanent', code: 'HTTP 413' })
  t.equal(
    CallError.from(answered(302)).message,
    'HTTP 302 (text/html) is not an answer of SQS: check the endpoint, and proxies in front of it'
  )
  t.end()
})

t.test('an external text is cut at 1 kB and has no control characters', (t) => {
  const long = failureMessage(named('Odd', { message: `\u001b[2J\r\n\u202e${'漢'.repeat(1_000_000)}` }))
  t.ok(Buffer.byteLength(long) <= 1_024)
  t.match(long, /^\[2J 漢+…$/)
  for (const before of ['', 'a', 'ab']) {
    const cut = failureMessage(named('Odd', { message: before + '漢'.repeat(500) }))
    t.match(cut, /^[ab]*漢+…$/)
    t.ok(Buffer.byteLength(cut) <= 1_024)
  }
  t.equal(failureMessage(named('Odd', { message: '\u0000' })), 'Odd')
  t.equal(
    entryFailure({ Id: '0', Code: 'Odd', SenderFault: true, Message: 'x'.repeat(2_000_000) }).message.length,
    1_022
  )
  t.end()
})
