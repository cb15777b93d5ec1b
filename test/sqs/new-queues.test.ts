import t from 'tap'
import { describeOthers, NewQueues } from '../../lib/sqs/new-queues.ts'
import type { QueueAttributesByKind } from '../../lib/schemas/options/queue-attributes.ts'

const FIFO = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
const KEY = '00000000-0000-0000-0000-000000000000'
const KINDS = ['shared', 'own', 'deadLetter'] as const
const make = (given: QueueAttributesByKind) => new NewQueues({ type: 'standard', given })

t.test('attributes of one kind take precedence over those of all, and tags are added', async (t) => {
  const queues = make({
    all: {
      messageRetentionSeconds: 60,
      visibilityTimeoutSeconds: 0,
      delaySeconds: 900,
      tags: { team: 'hub', stage: 'test' }
    },
    own: { visibilityTimeoutSeconds: 43_200, tags: { stage: 'live' } },
    deadLetter: { messageRetentionSeconds: 1_209_600, delaySeconds: 0 }
  })
  const all = { MessageRetentionPeriod: '60', VisibilityTimeout: '0', DelaySeconds: '900' }
  t.strictSame(
    KINDS.map((kind) => queues.attributes(kind)),
    [all, { ...all, VisibilityTimeout: '43200' }, { ...all, MessageRetentionPeriod: '1209600', DelaySeconds: '0' }]
  )
  const spec = { name: 'sales_call', instance: 'sales', event: 'CALL' }
  const own = { 'managed-by': 'fastify-instance-events', instance: 'sales', event: 'CALL' }
  t.strictSame(
    KINDS.map((kind) => queues.tags(kind, spec)),
    [
      { team: 'hub', stage: 'test', ...own },
      { team: 'hub', stage: 'live', ...own },
      { team: 'hub', stage: 'test', ...own }
    ]
  )
})

t.test('encryption of one kind replaces that of all, whatever it is by', async (t) => {
  const sse = { all: { sqsManagedSse: false }, own: { kmsKeyId: 'alias/own' }, deadLetter: { sqsManagedSse: true } }
  t.strictSame(
    KINDS.map((kind) => make(sse).attributes(kind)),
    [{ SqsManagedSseEnabled: 'false' }, { KmsMasterKeyId: 'alias/own' }, { SqsManagedSseEnabled: 'true' }]
  )
  const kms = { all: { kmsKeyId: KEY }, own: { sqsManagedSse: false } }
  t.strictSame(
    KINDS.map((kind) => make(kms).attributes(kind)),
    [{ KmsMasterKeyId: KEY }, { SqsManagedSseEnabled: 'false' }, { KmsMasterKeyId: KEY }]
  )
})

t.test('options that exclude each other, and tags that AWS refuses, are faults that name the option', async (t) => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`tag-${n}`, '']))
  const faults: [QueueAttributesByKind, string][] = [
    [
      { own: { kmsKeyId: KEY, sqsManagedSse: false } },
      'own: kmsKeyId and sqsManagedSse cannot be used together: leave one out'
    ],
    [{ all: { tags: { event: 'x' } } }, 'all.tags: the tag "event" is set by this server: choose another key'],
    [
      { shared: { tags: { 'AWS:x': 'x' } } },
      'shared.tags: the tag "AWS:x" begins with aws:, which is reserved for AWS'
    ],
    [
      { all: { tags: { '': 'x' } } },
      'all.tags: the tag "" must have 1 to 128 letters, digits, blanks and _ . : / = + - @'
    ],
    [
      { all: { tags: { [`a${'b'.repeat(128)}`]: 'x' } } },
      `all.tags: the tag "a${'b'.repeat(128)}" must have 1 to 128 letters, digits, blanks and _ . : / = + - @`
    ],
    [
      { deadLetter: { tags: { a: 'x,y' } } },
      'deadLetter.tags: the tag "a" has the value "x,y": expected at most 256 letters, digits, blanks and _ . : / = + - @'
    ],
    [{ all: { tags: many(48) } }, 'all.tags: 48 tags: a queue has at most 50, 3 of which this server sets'],
    [
      { all: { tags: many(47) }, own: { tags: { another: '' } } },
      'own.tags: 48 tags: a queue has at most 50, 3 of which this server sets'
    ]
  ]
  const faultOf = (given: QueueAttributesByKind) => {
    try {
      return make(given)
    } catch (error) {
      const { code, message } = error as Error & { code: string }
      return `${code} ${message}`
    }
  }
  t.strictSame(
    faults.map(([given]) => faultOf(given)),
    faults.map(([, fault]) => `IEV_OPTIONS_INVALID sqs plugin: queueAttributes.${fault}`)
  )
  t.doesNotThrow(() => make({ all: { tags: { ...many(46), 'São Paulo': `${'x'.repeat(255)}@` } } }))
})

t.test('an existing queue is compared with what a new one would have', async (t) => {
  const queues = new NewQueues({ type: 'fifo', given: { all: { messageRetentionSeconds: 60, kmsKeyId: 'alias/k' } } })
  const same = { ...FIFO, MessageRetentionPeriod: '60', KmsMasterKeyId: 'arn:aws:kms:sa-east-1:111122223333:alias/k' }
  t.strictSame(queues.compare('own', { ...same, VisibilityTimeout: '7', RedrivePolicy: '{}' }), [])
  t.strictSame(queues.compare('own', { KmsMasterKeyId: 'alias/k' }), [], 'what a service does not tell is not compared')
  t.strictSame(queues.compare('shared', { ...FIFO, DeduplicationScope: 'queue', MessageRetentionPeriod: '345600' }), [
    { name: 'DeduplicationScope', value: 'queue', expected: 'messageGroup' },
    { name: 'MessageRetentionPeriod', value: '345600', expected: '60' },
    { name: 'KmsMasterKeyId', value: null, expected: 'alias/k' }
  ])
  const policy = (maxReceiveCount: unknown) => ({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: 'arn', maxReceiveCount })
  })
  const withDeadLetters = new NewQueues({ type: 'standard', dlqMaxReceives: 5 })
  t.strictSame(
    [policy(5), policy('5'), policy(50), {}].map((actual) => withDeadLetters.compare('own', actual)[0]?.value),
    [undefined, undefined, '50', null]
  )
  t.strictSame(withDeadLetters.compared('own'), ['RedrivePolicy'])
  t.equal(
    describeOthers([
      { name: 'DelaySeconds', value: '0', expected: '5' },
      { name: 'KmsMasterKeyId', value: null, expected: 'alias/k' }
    ]),
    'DelaySeconds is 0, not 5; KmsMasterKeyId is not set, not alias/k'
  )
})
