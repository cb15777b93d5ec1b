import t from 'tap'
import { startOther } from '../support/answering.ts'
import { cli } from '../support/cli.ts'

/** Erases the screen, sets the title, and reverses the text. */
const EVIL = '\u001b[2J\u001b]0;x\u0007\u009b1A\u202e'
// oxlint-disable-next-line no-control-regex -- the subject of this test
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/

const COMMANDS = [
  ['instances'],
  ['instances', 'create', `a${EVIL}`],
  ['instances', 'delete', `a${EVIL}`, '--yes'],
  ['instances', 'delete', `a${EVIL}`],
  ['instances', 'token', 'a'],
  ['set', 'sqs', `a${EVIL}`],
  ['set', 'sqs', 'a', '--events', `A${EVIL}`],
  ['send', 'a', 'call', '1'],
  ['send', 'a', '--ndjson'],
  ['deadletters'],
  ['deadletters', 'redrive', '1'],
  ['deadletters', 'discard', '1', '--yes'],
  ['tail', 'a'],
  [`x${EVIL}`]
]

t.test('control characters in arguments and answers are never printed', async (t) => {
  const refusal = {
    status: 400,
    body: JSON.stringify({ code: `IEV_${EVIL}`, response: { message: [`body.0.event: ${EVIL}`] } })
  }
  const selection = { enabled: true, events: [EVIL], queues: [{ event: EVIL, url: EVIL }], notes: [EVIL] }
  const answer = {
    status: 200,
    body: JSON.stringify({
      ...selection,
      instance: { instanceName: EVIL },
      hash: EVIL,
      id: EVIL,
      offset: EVIL,
      redriven: 1,
      discarded: 1,
      deadLetters: [{ id: 1, diedAt: EVIL, instance: EVIL, queue: EVIL, reason: EVIL, message: EVIL }]
    })
  }
  const list = {
    status: 200,
    body: JSON.stringify([{ name: EVIL, sqs: { enabled: true, events: [EVIL] }, createdAt: EVIL, id: EVIL, offset: 1 }])
  }
  const printed: string[] = []
  for (const server of [refusal, answer, list, { status: 302, headers: { location: '/%1b' }, body: EVIL }]) {
    const { url } = await startOther(t, server)
    for (const args of COMMANDS) {
      const options = args.length > 1 || args[0] === 'instances' || args[0] === 'deadletters' ? ['--url', url] : []
      const { out, error, asked } = await cli([...args, ...options], {
        input: `{"event":"call","data":1}`,
        answer: 'y'
      })
      printed.push([`${args.join(' ').slice(0, 30)}, answered ${server.status}`, out, error, ...asked].join('\n'))
    }
  }
  t.same(
    printed.map((text) => text.slice(text.indexOf('\n'))).filter((text) => CONTROL.test(text)),
    []
  )
})

t.test('the message of a refused line is printed escaped', async (t) => {
  const body = JSON.stringify({ code: 'IEV_VALIDATION', response: { message: [`body.0.event is no event: ${EVIL}`] } })
  const { url } = await startOther(t, { status: 400, body })
  const { code, error } = await cli(['send', 'a', '--ndjson', '--url', url], { input: '{"event":"call","data":1}' })
  t.equal(code, 1)
  t.match(error, 'Line 1: body.event is no event: \\u001b[2J\\u001b]0;x\\u0007\\u009b1A\\u202e (IEV_VALIDATION)')
})
