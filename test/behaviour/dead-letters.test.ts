import t, { type Test } from 'tap'
import { API_KEY, build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { holdAcknowledgements } from '../support/held-calls.ts'
import { startSqs } from '../support/sqs.ts'
import { soon, until } from '../support/until.ts'

const headers = { apikey: API_KEY }

// Each test has a server of its own, and mostly waits.
t.jobs = 3

interface Letter {
  id: number
  instance: string
  queue: string
  offset: number
  reason: string
  diedAt: string
}

/** A server with six dead letters of two instances and two queues; its calls to SQS are denied until `allow` is called. */
async function withDeadLetters(t: Test) {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, {
    sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1, global: { events: ['CALL', 'LABELS_EDIT'] } }
  })
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no' } : undefined
  for (const instance of ['one', 'two']) {
    for (const [data, event] of ['call', 'call', 'labels.edit'].entries()) {
      await server.onInstanceEvent({ instance, event, data, id: `${instance}-${data}` })
    }
  }
  const { store } = server.eventLog
  await until(async () => (await store.deadLetters.count()).count >= 6)
  const list = async (query = '') => {
    const reply = await server.inject({ url: `/sqs/deadletters${query}`, headers })
    return reply.json<{ deadLetters: Letter[]; after: number; more: boolean }>()
  }
  const redrive = (payload: object) =>
    server.inject({ method: 'POST', url: '/sqs/deadletters/redrive', headers, payload })
  const discard = (query: string) => server.inject({ method: 'DELETE', url: `/sqs/deadletters${query}`, headers })
  const outcomes = async (ids: string) => {
    const reply = await server.inject({ url: `/sqs/deadletters/outcomes?ids=${ids}`, headers })
    return reply.json<{ outcomes: object[] }>().outcomes
  }
  const allow = () => {
    proxy.decide = () => undefined
  }
  return { sqs, server, store, list, redrive, discard, outcomes, allow, proxy }
}

t.test('dead letters are listed with their reasons, filtered and in pages', async (t) => {
  const { list } = await withDeadLetters(t)
  const { deadLetters, more } = await list()
  t.equal(deadLetters.length, 6)
  t.equal(more, false)
  t.match(deadLetters[0], {
    id: 1,
    event: /call|labels\.edit/,
    eventId: /^(one|two)-/,
    reason: 'AccessDenied',
    message: 'no',
    attempts: 1,
    tries: 1,
    firstDiedAt: deadLetters[0]?.diedAt,
    diedAt: /Z$/
  })
  t.notOk('instanceKey' in (deadLetters[0] ?? {}), 'without internal fields')
  const count = async (query: string) => (await list(query)).deadLetters.length
  t.equal(await count('?instance=one'), 3)
  t.equal(await count('?queue=global_labels_edit.fifo'), 2)
  t.equal(await count('?instance=two&queue=global_labels_edit.fifo&reason=AccessDenied'), 1)
  t.equal(await count('?reason=Other'), 0)
  t.equal(await count('?instance=nobody'), 0)
  const first = await list('?limit=4')
  t.equal(first.more, true)
  const second = await list(`?limit=4&after=${first.after}`)
  t.same([...first.deadLetters, ...second.deadLetters], deadLetters)
  t.equal(second.more, false)
  t.match(
    await list('?limit=6'),
    { deadLetters, more: false },
    'a page that ends at the last one has no more behind it'
  )
})

t.test('dead letters are counted by group, and a list says how many fit its filter', async (t) => {
  const { server, list } = await withDeadLetters(t)
  const groups = async (query = '') => {
    const reply = await server.inject({ url: `/sqs/deadletters/groups${query}`, headers })
    return reply.json<{ groups: object[] }>()
  }
  t.match(await groups(), {
    count: 6,
    groupCount: 4,
    groups: [
      { reason: 'AccessDenied', queue: 'global_call.fifo', instance: 'one', count: 2, firstDiedAt: /Z$/ },
      { queue: 'global_call.fifo', instance: 'two', count: 2, lastDiedAt: /Z$/ },
      { queue: 'global_labels_edit.fifo', instance: 'one', count: 1 },
      { queue: 'global_labels_edit.fifo', instance: 'two', count: 1 }
    ],
    reasons: [{ name: 'AccessDenied', count: 6 }],
    queues: [
      { name: 'global_call.fifo', count: 4 },
      { name: 'global_labels_edit.fifo', count: 2 }
    ]
  })
  const of = await groups('?instance=one&queue=global_call.fifo&reason=AccessDenied&limit=1')
  t.match(of, { count: 2, groupCount: 1, groups: [{ count: 2 }], queues: [{ count: 2 }] })
  t.equal(of.groups.length, 1)
  t.match(await groups('?reason=Other'), { count: 0, groups: [] })
  t.match(await list('?limit=1&count=true'), { count: 6, more: true })
  t.match(await list('?limit=1&count=true&after=1&instance=two'), { count: 3 })
  t.notOk('count' in (await list()), 'not counted unless asked')
})

t.test('redriven events are sent under their old ids, in order; other dead letters stay', async (t) => {
  const { sqs, redrive, list, outcomes, allow, server } = await withDeadLetters(t)
  allow()
  const calls = (await list('?queue=global_call.fifo&instance=one')).deadLetters
  const byId = await redrive({ ids: calls.map(({ id }) => id) })
  t.equal(byId.statusCode, 200)
  t.same(byId.json(), { redriven: 2 })
  t.match(await sqs.bodies('global_call.fifo', 2), [
    { instance: 'one', id: 'one-0', offset: 1 },
    { instance: 'one', id: 'one-1', offset: 2 }
  ])
  t.same((await redrive({ instance: 'two', queue: 'global_labels_edit.fifo' })).json(), { redriven: 1 })
  t.match(await sqs.bodies('global_labels_edit.fifo', 1), [{ id: 'two-2' }])
  t.same((await redrive({ all: true })).json(), { redriven: 3 })
  await sqs.bodies('global_call.fifo', 2)
  await sqs.bodies('global_labels_edit.fifo', 1)
  t.equal((await list()).deadLetters.length, 0)
  t.same((await redrive({ all: true })).json(), { redriven: 0 })
  await until(() => server.eventLog.store.deliveries.pendingCount() === 0)
  t.same(await outcomes('6,1,7'), [
    { id: 6, outcome: 'sent' },
    { id: 1, outcome: 'sent' },
    { id: 7, outcome: 'unknown' }
  ])
  t.equal(sqs.depth('global_call.fifo'), 0, 'no repeats')
})

t.test(
  'an event that is given up again keeps its id and its first time, and the same request does not redrive it twice',
  async (t) => {
    const { redrive, list, store, outcomes } = await withDeadLetters(t)
    const before = (await list()).deadLetters
    t.same((await redrive({ all: true })).json(), { redriven: 6 })
    await until(async () => (await store.deadLetters.count()).count >= 6)
    const again = before.map((letter) => ({ ...letter, tries: 2, diedAt: /Z$/ }))
    t.match((await list()).deadLetters, again)
    t.match(await outcomes('1,6'), [
      { id: 1, outcome: 'dead', reason: 'AccessDenied', message: 'no' },
      { id: 6, outcome: 'dead' }
    ])
  }
)

t.test('while older events are redriven, newer events of the same lane are neither lost nor repeated', async (t) => {
  const { sqs, redrive, allow, server } = await withDeadLetters(t)
  allow()
  const more = Array.from({ length: 40 }, (_, n) =>
    server.onInstanceEvent({ instance: 'one', event: 'call', data: `new ${n}` })
  )
  await Promise.all([...more, redrive({ instance: 'one', queue: 'global_call.fifo' })])
  const bodies = await sqs.bodies('global_call.fifo', 42)
  t.equal(new Set(bodies.map(({ id }) => id)).size, 42)
  const fresh = bodies.map(({ data }) => String(data)).filter((data) => data.startsWith('new'))
  t.same(
    fresh,
    Array.from({ length: 40 }, (_, n) => `new ${n}`),
    'in order'
  )
  await until(() => server.eventLog.store.deliveries.pendingCount() === 0)
  t.equal(sqs.depth('global_call.fifo'), 0)
})

t.test(
  'an event whose acknowledgement is not stored yet is not sent again when older events are redriven',
  async (t) => {
    const { sqs, server, store, redrive, allow, proxy } = await withDeadLetters(t)
    allow()
    const held = holdAcknowledgements(store)
    await server.onInstanceEvent({ instance: 'one', event: 'call', data: 'newer', id: 'newer' })
    await soon(held.asked, 'an acknowledgement')
    t.same((await redrive({ instance: 'one', queue: 'global_call.fifo' })).json(), { redriven: 2 })
    held.release()
    t.equal((await sqs.bodies('global_call.fifo', 3)).length, 3)
    await until(() => store.deliveries.pendingCount() === 0)
    const entries = proxy.calls.flatMap(({ body }) => (body.Entries ?? []) as { MessageBody: string }[])
    t.equal(entries.filter(({ MessageBody }) => MessageBody.includes('"id":"newer"')).length, 1)
  }
)

t.test('a redrive ends the wait before the next try of its queue', async (t) => {
  const { sqs, server, redrive, allow, proxy } = await withDeadLetters(t)
  // After this error a queue is tried again in a minute.
  const code = 'QueueDeletedRecently'
  proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? { status: 400, code } : undefined)
  await server.onInstanceEvent({ instance: 'one', event: 'call', data: 'waits', id: 'waits' })
  await until(async () => (await server.inject({ url: '/overview', headers })).body.includes(code))
  allow()
  t.same((await redrive({ instance: 'one', queue: 'global_call.fifo' })).json(), { redriven: 2 })
  const bodies = await sqs.bodies('global_call.fifo', 3)
  t.same(bodies.map(({ id }) => id).sort(), ['one-0', 'one-1', 'waits'])
})

t.test('discarded dead letters are deleted, and not sent', async (t) => {
  const { sqs, discard, list, allow, store } = await withDeadLetters(t)
  allow()
  const [first] = (await list()).deadLetters
  t.same((await discard(`?ids=${first?.id}`)).json(), { discarded: 1 })
  t.same(
    (await discard('?instance=two')).json<{ discarded: number }>().discarded + (await list()).deadLetters.length,
    5
  )
  t.match((await discard('?all=true')).json(), { discarded: Number })
  t.equal((await list()).deadLetters.length, 0)
  await store.check()
  t.equal(sqs.depth('global_call.fifo'), 0)
})

t.test('bad filters, unknown ids and other keys are refused, and nothing is changed', async (t) => {
  const { server, redrive, discard, list } = await withDeadLetters(t)
  const many = Array.from({ length: 1_001 }, (_, n) => n + 1).join(',')
  const faults: [{ statusCode: number; json: () => unknown }, number, string, RegExp[]][] = [
    [await redrive({}), 400, 'IEV_VALIDATION', [/body must have ids, instance, queue or reason, or all: true/]],
    [
      await redrive({ all: true, instance: 'one' }),
      400,
      'IEV_VALIDATION',
      [/body\.all cannot be combined with others: leave out instance/]
    ],
    [await redrive({ ids: [] }), 400, 'IEV_VALIDATION', [/body\.ids/]],
    [await redrive({ ids: ['1'] }), 400, 'IEV_VALIDATION', [/body\.ids\.0 must be integer/]],
    [await redrive({ instanse: 'one' }), 400, 'IEV_VALIDATION', [/body\.instanse is not a known field/]],
    [
      await redrive({ ids: [1, 998, 999] }),
      404,
      'IEV_DEAD_LETTER_NOT_FOUND',
      [/no dead letter 998/, /no dead letter 999/]
    ],
    [await discard(''), 400, 'IEV_VALIDATION', [/querystring must have ids/]],
    [await discard('?ids=1,x'), 400, 'IEV_VALIDATION', [/querystring\.ids/]],
    [await discard(`?ids=${many}`), 400, 'IEV_VALIDATION', [/more than 1000/]],
    [await server.inject({ url: '/sqs/deadletters/outcomes', headers }), 400, 'IEV_VALIDATION', [/querystring.*ids/]],
    [
      await server.inject({ url: `/sqs/deadletters/outcomes?ids=${many}`, headers }),
      400,
      'IEV_VALIDATION',
      [/more than 1000/]
    ],
    [await discard('?ids=77'), 404, 'IEV_DEAD_LETTER_NOT_FOUND', [/no dead letter 77/]],
    [await server.inject({ url: '/sqs/deadletters?limit=0', headers }), 400, 'IEV_VALIDATION', [/querystring\.limit/]],
    [await server.inject({ url: '/sqs/deadletters?state=x', headers }), 400, 'IEV_VALIDATION', [/querystring\.state/]],
    ...(await Promise.all(
      (
        [
          ['deadletters?count=many', /querystring\.count must be boolean/],
          ['deadletters?count=true&reason=%00', /reason must not contain control/],
          ['deadletters/groups?limit=1001', /querystring\.limit/],
          ['deadletters/groups?ids=1', /querystring\.ids is not a known/],
          ['deadletters/groups?queue=%00', /queue must not contain control/]
        ] as const
      ).map(async ([path, message]): Promise<(typeof faults)[number]> => [
        await server.inject({ url: `/sqs/${path}`, headers }),
        400,
        'IEV_VALIDATION',
        [message]
      ])
    ))
  ]
  t.match(
    faults.map(([reply]) => ({ status: reply.statusCode, body: reply.json() })),
    faults.map(([, status, code, message]) => ({ status, body: { code, response: { message } } }))
  )
  t.equal((await list()).deadLetters.length, 6)
})

t.test('without SQS the routes of dead letters answer 409', async (t) => {
  const server = await build(t, { sqs: false })
  const reply = await server.inject({ url: '/sqs/deadletters', headers })
  t.equal(reply.statusCode, 409)
  t.match(reply.json(), { code: 'IEV_TRANSPORT_DISABLED' })
})
