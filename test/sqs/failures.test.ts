import t from 'tap'
import { QueueUnavailableError, QueueUnusableError } from '../../lib/errors.ts'
import { callFailure, entryFailure, failureCode, failureMessage } from '../../lib/sqs/failures.ts'

const named = (name: string, more: object = {}) => Object.assign(new Error('why'), { name, ...more })

t.test('the code is AWS’s, else the system’s', (t) => {
  const aws = named('RequestThrottled')
  const cases: [unknown, string][] = [
    [aws, 'RequestThrottled'],
    [Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error('bare'), 'Error'],
    ['a string', 'Unknown'],
    [new QueueUnavailableError('q', 'x', 'y', { cause: aws }), 'RequestThrottled'],
    [new QueueUnusableError('q', 'FifoQueue', 'false'), 'IEV_SQS_QUEUE_UNUSABLE']
  ]
  for (const [error, code] of cases) t.equal(failureCode(error), code)
  t.end()
})

t.test('the message is never empty', (t) => {
  t.equal(failureMessage(new Error('why')), 'why')
  t.equal(failureMessage(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })), 'ECONNREFUSED')
  t.equal(failureMessage('thrown text'), 'thrown text')
  t.end()
})

t.test('what passes by itself is told from what does not', (t) => {
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

t.test('a refused entry is refused for good only where the sender is at fault', (t) => {
  const entry = { Id: '0', Code: 'InvalidMessageContents', SenderFault: true }
  t.strictSame(entryFailure(entry), { kind: 'permanent', code: entry.Code, message: entry.Code })
  t.equal(entryFailure({ ...entry, SenderFault: false }).kind, 'transient')
  t.equal(entryFailure({ ...entry, Code: 'ThrottlingException' }).kind, 'transient')
  t.strictSame(entryFailure({ Id: '0', Code: undefined, SenderFault: undefined, Message: 'why' }), {
    kind: 'transient',
    code: 'Unknown',
    message: 'why'
  })
  t.end()
})
