import type { FastifyInstance } from 'fastify'
import type { Locator } from 'playwright-core'
import t, { type Test } from 'tap'
import type { OverviewReply } from '../../lib/schemas/overview.ts'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip, type ConsoleOptions } from '../support/console.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

async function overviewOf(app: FastifyInstance): Promise<OverviewReply> {
  return (await app.inject({ url: '/overview', headers: { apikey: API_KEY } })).json()
}

/** The interval at which the console polls the overview. */
const POLL_MS = 2_000

t.test('the console shows faults with their codes', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  /** The console with a clock that skips the time between its polls. */
  async function open(t: Test, url: string, options: ConsoleOptions = {}) {
    const console = await openConsole(t, browser, url, options)
    await console.page.clock.install()
    const polled = (locator: Locator) =>
      until(async () => {
        await console.page.clock.fastForward(POLL_MS)
        return locator.isVisible()
      })
    return { ...console, polled }
  }

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`a queue that refuses an event is a fault until it accepts the event (${locale})`, async (t) => {
      const sqs = await startSqs(t)
      const proxy = await startFaultProxy(t, sqs.options.endpoint)
      const { app, url } = await listen(t, {
        sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
      })
      const { page, signIn, violations, polled } = await open(t, url, { locale })
      await signIn()
      await polled(page.getByRole('img', { name: texts.health.levels.good }))

      proxy.decide = ({ action }) =>
        action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no permission' } : undefined
      await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
      const line = page.getByRole('alert').filter({ hasText: 'AccessDenied' })
      await polled(line)
      t.match(await line.innerText(), texts.faults.components.sqs.title)
      t.match(await line.innerText(), texts.faults.queue('global_call.fifo'))
      t.match(await page.locator('[data-metric=pending] .figure').innerText(), /^1/)
      t.same(await violations(), [])

      proxy.decide = () => undefined
      await polled(page.getByRole('img', { name: texts.health.levels.good }))
      t.equal(await line.count(), 0)
    })
  }

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`rejected requests are listed with their reasons, and show beside the title (${locale})`, async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      const { page, signIn, violations, polled } = await open(t, url, { locale })
      await signIn()
      await polled(page.getByRole('img', { name: texts.health.levels.good }))
      const list = page.locator('.rejections')
      t.match(await list.innerText(), texts.rejections.none)

      await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
      const post = async (apikey: string) =>
        app.inject({ method: 'POST', url: '/events/sales', headers: { apikey }, payload: { event: 'cal', data: 1 } })
      for (const key of ['mistyped', 'mistyped', API_KEY]) await post(key)
      await polled(page.getByRole('img', { name: texts.health.levels.attention }))
      const told = await list.innerText()
      t.match(told, '127.0.0.1 IEV_UNAUTHORIZED')
      t.match(told, `POST /events/:instance · sales · ${texts.rejections.times('2')} · `)
      t.match(told, 'IEV_EVENT_UNKNOWN')
      t.notOk(told.includes('mistyped'))
      t.same(await violations(), [])

      for (let n = 0; n < 12; n++)
        await app.inject({ method: 'POST', url: '/events/sales', remoteAddress: `10.0.${n}.1`, payload: {} })
      await polled(list.getByText(texts.rejections.forgotten('3')))
      // Ten minutes later it is no news.
      const overview = await overviewOf(app)
      const time = new Date(Date.parse(overview.rejected[0]?.lastAt ?? '') + 600_000).toISOString()
      await page.route('**/overview', (route) => route.fulfill({ json: { ...overview, time } }))
      await polled(page.getByRole('img', { name: texts.health.levels.good }))
    })
  }

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(
      `the overview begins with a sentence, which tells of dead letters and silent instances (${locale})`,
      async (t) => {
        const sqs = await startSqs(t)
        const { app, url } = await listen(t, {
          sqs: { ...sqs.options, maxPayloadBytes: 1_024, global: { events: ['CALL'] } },
          eventLog: { silenceAfterMinutes: 30 }
        })
        const { page, signIn, violations, polled } = await open(t, url, { locale })
        await signIn()
        const { health } = texts
        const sentence = page.locator('.health-line')
        const healthy = health.healthy(`SQS 127.0.0.1:${sqs.server.port}`)
        await polled(page.getByRole('img', { name: health.levels.good }))
        t.match(await sentence.innerText(), healthy)
        t.match((await sentence.innerText()).toLowerCase(), health.noEvent)

        await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'x'.repeat(1_100) })
        await polled(page.getByRole('img', { name: health.levels.attention }))
        const told = await sentence.innerText()
        for (const part of [
          health.rate('').trim(),
          health.last('').trim().split(' ')[0],
          healthy,
          health.deadLetters('1')
        ])
          t.ok(told.includes(part as string), `"${told}" has "${part}"`)
        const why = page.locator('.remedies .reasons')
        await why.getByText('IEV_SQS_PAYLOAD_TOO_LARGE').waitFor()
        await why.getByText(texts.dead.advice.tooLarge).waitFor()
        t.same(await violations(), [])
        for (const [table, link] of Object.entries({
          queues: '#/dead-letters?queue=global_call.fifo',
          instances: '#/dead-letters/sales'
        }))
          t.equal(
            await page.locator(`#${table}`).getByRole('link', { name: '1', exact: true }).getAttribute('href'),
            link
          )
        await page.getByRole('link', { name: texts.overview.lookAtThem }).click()
        await page.getByRole('heading', { level: 1, name: texts.pages['dead-letters'] }).waitFor()

        await page.goBack()
        await why.getByRole('link', { name: 'IEV_SQS_PAYLOAD_TOO_LARGE' }).click()
        await page.waitForURL('**/#/dead-letters?reason=IEV_SQS_PAYLOAD_TOO_LARGE')
        await page.getByText(texts.dead.counted('1'), { exact: true }).waitFor()

        await app.sqs.deadLetters.discard({})
        await page.goBack()
        await polled(page.getByRole('img', { name: health.levels.good }))
        const { now } = Date
        const later = t.intercept(Date, 'now', { value: () => now() + 2_700_000, configurable: true })
        await app.eventLog.silences.look()
        later.restore()
        await polled(sentence.getByText(health.silent('sales')))
        await page.getByRole('button', { name: health.remedies.toSilent }).click()
        t.equal(await page.evaluate('document.activeElement.id'), 'instances')
      }
    )
  }

  t.test('the charts begin with the last hour of the server, also after a reload', async (t) => {
    const { url } = await listen(t, { sqs: false })
    const { page, signIn, polled, t: texts } = await open(t, url)
    const sample = { accepted: 77, delivered: 1, pending: 2, oldestPendingAgeSeconds: null, deadLetters: 0, sockets: 3 }
    await page.route('**/overview/history', (route) =>
      route.fulfill({
        json: { time: '2026-01-31T12:00:00Z', samples: [{ ...sample, time: '2026-01-31T11:30:00Z' }] }
      })
    )
    await signIn()
    for (const when of ['at first', 'after a reload']) {
      const label = texts.overview.chart(texts.metrics.pending, '0', '0', '2')
      await polled(page.getByRole('img', { name: label }))
      const chart = page.getByRole('img', { name: `${texts.metrics.accepted}:` })
      t.match(await chart.getAttribute('aria-label'), /77/, when)
      if (when === 'at first') await page.reload()
    }
  })

  t.test('the first sentence has the rate of the last sample, until the server has answered twice', async (t) => {
    const { url } = await listen(t, { sqs: false })
    const { page, signIn, t: texts } = await open(t, url)
    const sample = { accepted: 77, delivered: 1, pending: 2, oldestPendingAgeSeconds: null, deadLetters: 0, sockets: 3 }
    await page.route('**/overview/history', (route) =>
      route.fulfill({ json: { time: '2026-01-31T12:00:00Z', samples: [{ ...sample, time: '2026-01-31T12:00:00Z' }] } })
    )
    // Only the first is answered.
    let polls = 0
    await page.route('**/overview', (route) => (polls++ === 0 ? route.continue() : undefined))
    await signIn()
    await page
      .locator('.health-line')
      .getByText(`${texts.health.rate('77')}, ${texts.health.noEvent}`)
      .waitFor()
    t.match(await page.locator('[data-metric=accepted] .figure').innerText(), '77')
  })

  t.test('an unreachable SQS is a fault on every page', async (t) => {
    const sqs = await startSqs(t)
    const { url } = await listen(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
    const { page, signIn, go, polled, t: texts } = await open(t, url)
    await signIn()
    await polled(page.getByRole('img', { name: texts.health.levels.good }))
    await sqs.server.stop()
    const line = page.getByRole('alert').filter({ hasText: 'ECONNREFUSED' })
    await polled(line)
    t.match(await line.innerText(), texts.faults.components.sqs.title)
    await go('#/instances')
    await line.waitFor()
  })

  t.test('a server that is unreachable is a fault until it answers again', async (t) => {
    const { app, url } = await listen(t, { sqs: false })
    const { page, signIn, polled, violations, t: texts } = await open(t, url)
    await signIn()
    await polled(page.getByRole('img', { name: texts.health.levels.good }))
    t.notMatch(await page.locator('[data-metric=pending] .figure').innerText(), /:/)
    await app.close()
    await polled(page.getByRole('alert').filter({ hasText: texts.faults.unreachable }))
    const lost = await page.locator('.health.bad').innerText()
    const [time = ''] = /\d+:\d\d:\d\d/.exec(lost) ?? []
    t.match(lost, texts.health.lost(time))
    t.match(await page.locator('.stale [data-metric=pending] .figure').innerText(), time, 'old numbers have their time')
    t.same(await violations(), [])
    await listen(t, { sqs: false, port: Number(new URL(url).port) })
    await polled(page.getByRole('img', { name: texts.health.levels.good }))
  })

  t.test('a wrong key is an error, and a replaced token ends the session', async (t) => {
    const { app, url } = await listen(t, { sqs: false })
    await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
    const { page, signIn, go, t: texts } = await openConsole(t, browser, url)
    await page.getByLabel(texts.signIn.key).fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: texts.errors.IEV_UNAUTHORIZED }).waitFor()

    await signIn('token-of-sales')
    await page.getByRole('heading', { level: 1, name: 'sales' }).waitFor()
    await app.eventLog.instances.setToken('sales', 'another-token')
    await go('#/history')
    await page.getByText(texts.signIn.refused).waitFor()
    t.equal(await page.evaluate('sessionStorage.length'), 0, 'the key is deleted')
  })

  t.test('blanks around a key are ignored, and a key with other characters is an error', async (t) => {
    const { app, url } = await listen(t, { sqs: false })
    await app.websocket.set('sales', { enabled: true })
    const { page, signIn, t: texts } = await openConsole(t, browser, url, { hash: '#/live/sales' })
    await page.getByLabel(texts.signIn.key).fill('ключ')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: texts.errors.KEY_CHARACTERS }).waitFor()
    await signIn(`  ${API_KEY} `)
    await page.getByRole('status').getByText(texts.live.states.live, { exact: true }).waitFor()
  })

  t.test('a reload while the server fails shows the error, and keeps the key', async (t) => {
    const { url } = await listen(t, { sqs: false })
    const { page, signIn, t: texts } = await openConsole(t, browser, url)
    await signIn()
    await page.route('**/server', (route) => route.fulfill({ status: 500, contentType: 'text/html', body: '<h1>no' }))
    await page.reload()
    await page.getByRole('alert').filter({ hasText: 'HTTP 500' }).waitFor()
    await page.getByText(texts.signIn.kept).waitFor()
    await page.unroute('**/server')
    await page.getByRole('button', { name: texts.tryAgain }).click()
    await page.getByRole('button', { name: texts.signOut }).waitFor()
  })

  t.test('answers of another server are errors that say so', async (t) => {
    const { url } = await listen(t, { sqs: false })
    const { page, signIn, go, faults, polled, t: texts } = await open(t, url)
    await signIn()
    await polled(page.getByRole('img', { name: texts.health.levels.good }))
    for (const body of ['null', '{}', '<h1>Hello</h1>']) {
      await page.route(/overview$|fetchInstances/, (route) => route.fulfill({ contentType: 'text/html', body }))
      await polled(page.getByRole('alert').filter({ hasText: 'NOT_THIS_SERVER' }).first())
      await go('#/instances')
      await page.getByRole('alert').filter({ hasText: texts.errors.NOT_THIS_SERVER }).waitFor()
      await page.unroute(/overview$|fetchInstances/)
      await go('#/overview')
      await polled(page.getByRole('img', { name: texts.health.levels.good }))
    }
    const body = JSON.stringify({ code: 7, response: { message: { join: 'us' } } })
    await page.route(/fetchInstances/, (route) => route.fulfill({ status: 502, body }))
    await go('#/instances')
    await page.getByRole('alert').filter({ hasText: 'HTTP 502' }).waitFor()
    t.same(faults, [])
  })
})
