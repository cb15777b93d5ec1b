import { createHash } from 'node:crypto'
import t from 'tap'
import { CALLER_ID } from '../../lib/events/event.ts'
import { EVOLUTION_EVENTS } from '../../lib/events/catalogue.ts'
import { eventKey } from '../../lib/events/event-key.ts'
import {
  deadLetterQueueName,
  deduplicationId,
  messageGroupId,
  QueueNames,
  type QueueNamesOptions
} from '../../lib/sqs/queue-names.ts'

const KEYS = EVOLUTION_EVENTS.map(eventKey)
/** Keys that end in other keys, that are long, or that look like our own words. */
const TRICKY_KEYS = [...KEYS, 'MESSAGE', 'UPSERT', 'A_MESSAGES_UPSERT', 'SINGLEQUEUE', 'B_SINGLEQUEUE', 'X'.repeat(64)]
const TRICKY_INSTANCES = `global GLOBAL global_send global_messages global_singlequeue global-singlequeue hub hub_send
  a A a_b a_messages a_messages_upsert a_A _ - _a a_ %2F suporte.rj suporte-rj loja-sao-1 💬 💬💬 é e ...`
  .split(/\s+/)
  .concat('loja são/1', 'loja sao/1', 'loja são 1', 'x'.repeat(100), `${'x'.repeat(99)}y`)
  .concat('x'.repeat(60), 'x'.repeat(59), 'é'.repeat(100), '💬'.repeat(50))

function make(options: Partial<QueueNamesOptions> = {}): QueueNames {
  return new QueueNames({ type: 'fifo', prefix: 'global', singleQueue: false, keys: KEYS, ...options })
}

function hash8(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

t.test('queues are named as documented', async (t) => {
  const names = make()
  t.equal(names.own('sales', 'MESSAGES_UPSERT'), 'sales_messages_upsert.fifo')
  t.equal(names.own('Vendas-SP_2', 'CALL'), 'Vendas-SP_2_call.fifo')
  t.equal(names.shared('GROUP_PARTICIPANTS_UPDATE'), 'global_group_participants_update.fifo')
  t.equal(make({ prefix: 'hub' }).shared('CALL'), 'hub_call.fifo')
  t.equal(make({ singleQueue: true }).shared('CALL'), 'global_singlequeue.fifo')
  t.equal(make({ prefix: 'hub' }).sharedPattern, 'hub_<event>.fifo')
  t.equal(make({ singleQueue: true }).sharedPattern, 'global_singlequeue.fifo')
  const standard = make({ type: 'standard' })
  t.equal(standard.own('sales', 'CALL'), 'sales_call')
  t.equal(standard.shared('CALL'), 'global_call')
})

t.test('a name that SQS would refuse is a slug and a hash', async (t) => {
  const names = make()
  t.equal(names.own('loja são/1', 'CALL'), `loja-sao-1-${hash8('loja são/1')}_call.fifo`)
  t.equal(names.own('suporte.rj', 'CALL'), `suporte-rj-${hash8('suporte.rj')}_call.fifo`)
  const long = 'x'.repeat(100)
  t.equal(names.own(long, 'CALL'), `${'x'.repeat(61)}-${hash8(long)}_call.fifo`)
  t.equal(names.own('global', 'CALL'), `global-${hash8('global')}_call.fifo`, 'the prefix of the shared queues')
  t.equal(make({ singleQueue: true }).own('global', 'CALL'), names.own('global', 'CALL'), 'whatever is shared')
})

t.test('a name of 80 characters is used as it is, one of 81 is not', async (t) => {
  const names = make()
  const longest = 'x'.repeat(80 - '_call.fifo'.length)
  t.equal(names.own(longest, 'CALL'), `${longest}_call.fifo`)
  t.match(names.own(`${longest}x`, 'CALL'), /-[\da-f]{8}_call\.fifo$/)
  t.equal(names.own(`${longest}x`, 'CALL').length, 80)
})

for (const type of ['fifo', 'standard'] as const) {
  for (const prefix of ['global', 'a', 'a_b', 'hub_send', 'p'.repeat(40)]) {
    for (const singleQueue of [false, true]) {
      t.test(`no two queues share a name: ${type}, ${prefix}${singleQueue ? ', single queue' : ''}`, async (t) => {
        const names = make({ type, prefix, singleQueue, keys: TRICKY_KEYS })
        const owners = new Map<string, string>()
        const collisions: string[] = []
        const malformed: string[] = []
        const take = (name: string, owner: string) => {
          const other = owners.get(name)
          if (other !== undefined && other !== owner) collisions.push(`${name}: ${owner} and ${other}`)
          owners.set(name, owner)
          if (name.length > 80 || !/^[\w-]+(\.fifo)?$/.test(name)) malformed.push(name)
          if (name.endsWith('.fifo') !== (type === 'fifo')) malformed.push(name)
        }
        for (const key of TRICKY_KEYS) {
          take(names.shared(key), singleQueue ? 'shared' : `shared ${key}`)
          for (const instance of TRICKY_INSTANCES) take(names.own(instance, key), `${instance} ${key}`)
        }
        t.strictSame(collisions, [])
        t.strictSame(malformed, [])
        t.equal(owners.size, TRICKY_KEYS.length * TRICKY_INSTANCES.length + (singleQueue ? 1 : TRICKY_KEYS.length))
      })
    }
  }
}

t.test('the specs of shared queues name their events', async (t) => {
  t.strictSame(make().sharedSpecs(['CALL', 'QRCODE_UPDATED']), [
    { name: 'global_call.fifo', event: 'CALL' },
    { name: 'global_qrcode_updated.fifo', event: 'QRCODE_UPDATED' }
  ])
  t.strictSame(make({ singleQueue: true }).sharedSpecs(['CALL', 'QRCODE_UPDATED']), [
    { name: 'global_singlequeue.fifo' }
  ])
  t.strictSame(make().sharedSpecs([]), [])
})

t.test('the spec of a queue is derived from an event for it', async (t) => {
  const of = { instance: 'sales', key: 'CALL' }
  t.strictSame(make().specOf('sales_call.fifo', of), { name: 'sales_call.fifo', instance: 'sales', event: 'CALL' })
  t.strictSame(make().specOf('global_call.fifo', of), { name: 'global_call.fifo', event: 'CALL' })
  t.strictSame(make({ singleQueue: true }).specOf('global_singlequeue.fifo', of), { name: 'global_singlequeue.fifo' })
})

t.test('the message group is the instance, percent-encoded, and no other instance has it', async (t) => {
  t.equal(messageGroupId('sales'), 'sales')
  t.equal(messageGroupId('loja são/1'), 'loja%20s%C3%A3o%2F1')
  const long = 'é'.repeat(100)
  t.equal(messageGroupId(long), `${'e'.repeat(100)}-${hash8(long)}`)
  const groups = new Set(TRICKY_INSTANCES.map(messageGroupId))
  t.equal(groups.size, TRICKY_INSTANCES.length)
  for (const group of groups) t.match(group, /^[\u0021-\u007E]{1,128}$/)
})

/** What the deduplication id of an event is made from. */
function identified(id: string, instance: string, { callerId = true, instanceKey = 7 } = {}) {
  return deduplicationId({ id, instance, instanceKey, flags: callerId ? CALLER_ID : 0 })
}

t.test('the deduplication id is the event’s id, and has the instance in front of an id from the caller', async (t) => {
  const uuid = '019c1c6e-0000-7000-8000-000000000000'
  t.equal(identified(uuid, 'sales', { callerId: false }), uuid)
  t.equal(identified('order-1', 'sales'), 'sales:7:order-1')
  t.equal(identified('order-1', 'loja são/1'), 'loja%20s%C3%A3o%2F1:7:order-1')
  t.not(identified('order-1', 'sales', { instanceKey: 8 }), identified('order-1', 'sales'), 'a name given again')
})

t.test('a deduplication id that SQS would refuse is hashed, and stays unique', async (t) => {
  const ids = ['a', 'a:b', 'b', 'ção', 'with space', 'x'.repeat(128), `${'x'.repeat(127)}y`]
  const instances = ['a', 'a:a', 'a%3Aa', 'loja são/1', 'y'.repeat(100)]
  const made = instances.flatMap((instance) => ids.map((id) => identified(id, instance)))
  for (const id of made) t.match(id, /^[\u0021-\u007E]{1,128}$/)
  t.equal(new Set(made).size, made.length)
  t.match(identified('ção', 'a'), /^[\da-f]{64}$/)
})

t.test('a name that looks like another’s slug does not get its queue; a date is no slug', async (t) => {
  const names = make()
  for (const instance of ['a b', 'loja são/1', 'global', 'suporte.rj']) {
    const slug = names.own(instance, 'CALL').replace('_call.fifo', '')
    t.match(slug, /-[0-9a-f]{8}$/)
    t.not(names.own(slug, 'CALL'), names.own(instance, 'CALL'), slug)
  }
  // The first eight digits of its SHA-256 are 41144000, which could be a date: another hash is taken.
  t.match(names.own('loja 33', 'CALL'), /^loja-33-(?=\d*[a-f])[0-9a-f]{8}_call\.fifo$/)
  t.equal(names.own('loja-20251121', 'CALL'), 'loja-20251121_call.fifo')
  t.equal(names.own('team-facebeef', 'CALL'), 'team-facebeef_call.fifo')
})

t.test('the dead-letter queue of a queue is named after it, within the limit', (t) => {
  t.equal(deadLetterQueueName('sales_call.fifo'), 'sales_call-dlq.fifo')
  t.equal(deadLetterQueueName('sales_call'), 'sales_call-dlq')
  const [one, two] = ['a', 'b'].map((last) => deadLetterQueueName(`${'x'.repeat(73)}${last}.fifo`))
  t.match(one, /^x+-[0-9a-f]{8}-dlq\.fifo$/)
  t.equal(one?.length, 80)
  t.not(one, two)
  t.end()
})
