import type { Browser, Locator } from 'playwright-core'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import type { QueueStatesReply } from '../../lib/schemas/overview-tables.ts'
import type { OverviewReply } from '../../lib/schemas/overview.ts'
import type { ServerReply } from '../../lib/schemas/server.ts'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { type ConsoleOptions, executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { stream } from '../support/event-stream.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

t.test('the overview shows the open streams and the requests that wait', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await Promise.all([1, 2, 3].map(() => stream(t, `${url}/events/sales/stream`)))
  const polled = [1, 2].map(() => fetch(`${url}/events/sales?wait=60`, { headers: { apikey: API_KEY } }))
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    const { page, signIn, faults } = await openConsole(t, browser, url, { locale, hash: '#/overview' })
    await signIn()
    const fact = (label: string, count: number) =>
      page.locator(`dt:text-is("${label}") + dd:text-is("${count}")`).waitFor()
    await fact(texts.overview.streams, 3)
    await fact(texts.overview.longPolls, 2)
    t.same(faults, [], locale)
  }
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await Promise.all(polled)
})

/** The console of an overview that the test sets, with a clock that skips the time between its polls. */
async function openOverview(t: Test, browser: Browser, options: ConsoleOptions & Partial<AppOptions>) {
  const { locale, viewport, ...server } = options
  const { app, url } = await listen(t, { sqs: false, ...server })
  const console = await openConsole(t, browser, url, { ...(locale && { locale }), ...(viewport && { viewport }) })
  const { page } = console
  await page.clock.install()
  const shown: { overview: Partial<OverviewReply>; queues: QueueStatesReply; isAway: boolean } = {
    isAway: false,
    overview: {},
    queues: { queues: [], after: null, total: 0 }
  }
  const base = (await app.inject({ url: '/overview', headers: { apikey: API_KEY } })).json<OverviewReply>()
  await page.route('**/overview', (route) =>
    shown.isAway
      ? route.abort()
      : route.fulfill({ json: { ...base, time: new Date().toISOString(), ...shown.overview } })
  )
  await page.route('**/overview/queues?*', (route) => {
    const limit = Number(new URL(route.request().url()).searchParams.get('limit'))
    return route.fulfill({ json: { ...shown.queues, queues: shown.queues.queues.slice(0, limit) } })
  })
  await console.signIn()
  const polled = (locator: Locator) =>
    until(async () => {
      await page.clock.fastForward(2_000)
      return locator.isVisible()
    })
  return { ...console, shown, polled }
}

const QUEUE = {
  queue: 'sales_call.fifo',
  pending: 12,
  oldestPendingAgeSeconds: 312,
  deadLetters: 0,
  lastSentAt: null,
  sentLastMinute: 0,
  fault: null
}

t.test('tables and the state of queues', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`queues are listed with what holds them back, more of them on demand (${locale})`, async (t) => {
      const { page, shown, polled, violations, overflow } = await openOverview(t, browser, { locale })
      const table = page.locator('#queues')
      await polled(table.getByText(texts.tables.noQueues))
      const fault = {
        code: 'AccessDenied',
        message: 'no permission',
        since: new Date(Date.now() - 90_000).toISOString()
      }
      const others = Array.from({ length: 39 }, (_, n) => ({ ...QUEUE, queue: `q${n}`, pending: 0, deadLetters: 1 }))
      shown.queues = { queues: [{ ...QUEUE, fault }, ...others], after: null, total: 40 }
      await polled(table.getByText('AccessDenied'))
      const rows = table.locator('tbody tr')
      t.match(await rows.first().textContent(), /^sales_call\.fifo.*AccessDenied.*1.*no permission.*12.*5/s)
      t.equal(await rows.count(), 5)
      await table.getByRole('button', { name: texts.tables.moreQueues('35') }).click()
      await until(async () => (await rows.count()) === 30)
      await table.getByRole('button', { name: texts.tables.moreQueues('10') }).click()
      await until(async () => (await rows.count()) === 40)
      t.equal(await table.getByRole('button').count(), 0)
      t.same(await violations(), [])
      t.ok((await overflow()) <= 0)
    })

    t.test(
      `a delivery that does not leave is told with its queue, although there is no fault (${locale})`,
      async (t) => {
        const { page, shown, polled } = await openOverview(t, browser, { locale })
        const { health } = texts
        const level = (of: keyof typeof health.levels) => page.getByRole('img', { name: health.levels[of] })
        shown.overview = {
          pending: 1,
          oldestPendingAgeSeconds: 600,
          oldestPending: { queue: 'a', unchangedSeconds: 59 }
        }
        await polled(level('good'))
        shown.overview = { oldestPendingAgeSeconds: 120, oldestPending: { queue: 'sales_call', unchangedSeconds: 60 } }
        await polled(level('attention'))
        const told = await page.locator('.health').innerText()
        t.ok(told.toLowerCase().includes(health.stuck('sales_call', '').trim().slice(0, 30).toLowerCase()), told)
        t.ok(told.includes(health.remedies.stuck('sales_call')), told)
        await page.getByRole('button', { name: health.remedies.toQueues }).click()
        t.equal(await page.evaluate('document.activeElement.id'), 'queues')
        shown.overview = { oldestPendingAgeSeconds: 300, oldestPending: { queue: 'sales_call', unchangedSeconds: 60 } }
        await polled(level('bad'))
        shown.overview = {
          ...shown.overview,
          faults: [{ component: 'sqs', code: 'AccessDenied', message: 'no', queue: 'sales_call', queues: 1 }]
        }
        await polled(page.locator('.health-line').getByText(health.failingQueue('sales_call', 'AccessDenied')))
        t.equal(await page.getByText(health.remedies.stuck('sales_call')).count(), 0, 'the fault says more')
        await page.getByText(health.remedies.failing).waitFor()
        shown.overview = { faults: [{ component: 'sqs', code: 'AccessDenied', message: 'no', queue: 'a', queues: 3 }] }
        await polled(page.locator('.health-line').getByText(health.failingQueues('a', '2', 'AccessDenied')))
      }
    )

    t.test(`if one of several nodes answers, the charts continue with the sums of all (${locale})`, async (t) => {
      const { page, shown, polled } = await openOverview(t, browser, { locale })
      const sample = { pending: 0, oldestPendingAgeSeconds: null, deadLetters: 0, time: '2026-01-31T11:59:50Z' }
      const samples = [{ ...sample, accepted: 88, delivered: 77, sockets: 9 }]
      await page.route('**/overview/history', (route) =>
        route.fulfill({ json: { time: '2026-01-31T12:00:00Z', samples } })
      )
      shown.overview = { nodes: 2 }
      const figure = (metric: string, text: string) =>
        page.locator(`[data-metric=${metric}] .figure`).filter({ hasText: text })
      await polled(figure('delivered', '77'))
      await polled(figure('sockets', '9'))
      await polled(figure('accepted', '88'))
      await page.getByText(texts.overview.nodes('2', '2')).waitFor()
    })

    t.test(`on a phone, rows are cards (${locale})`, async (t) => {
      const { page, shown, polled, violations, overflow } = await openOverview(t, browser, {
        locale,
        viewport: { width: 390, height: 800 }
      })
      shown.queues = { queues: [QUEUE], after: null, total: 1 }
      const row = page.locator('#queues tbody tr')
      await polled(row)
      const label = await page.evaluate<string>(
        `getComputedStyle(document.querySelector('#queues td.alarming'), '::before').content`
      )
      t.equal(label, `"${texts.tables.oldest}"`)
      t.equal(await row.locator('td:visible').count(), 2, 'what is nothing is left out')
      t.same(await violations(), [])
      t.ok((await overflow()) <= 0)
    })

    t.test(`while the server does not answer, all of the page recedes (${locale})`, async (t) => {
      const { page, shown, polled, violations } = await openOverview(t, browser, { locale })
      shown.overview = { deadLetters: 643 }
      shown.queues = { queues: [{ ...QUEUE, deadLetters: 643 }], after: null, total: 1 }
      await polled(page.locator('.badge.danger').filter({ visible: true }))
      await polled(page.locator('#queues').getByText('643'))
      const colour = (selector: string) =>
        page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).color`)
      const before = await colour('#queues td.alarming')
      shown.isAway = true
      await polled(page.locator('.stale'))
      for (const part of ['#queues', '.tiles', '.facts-list', '#rejections'])
        t.equal(await page.locator(`.stale ${part}`).count(), 1, part)
      t.not(await colour('#queues td.alarming'), before)
      t.equal(await page.locator('.badge.danger').count(), 0)
      const lost = await page.locator('.health.bad').innerText()
      t.match(lost, texts.health.lost(/\d+:\d\d:\d\d/.exec(lost)?.[0] ?? ''))
      t.same(await violations(), [])
    })
  }
})

t.test('every page says where events go', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { url } = await listen(t, { sqs: sqs.options, environment: 'staging' })
  const { app, url: withoutSqs } = await listen(t, { sqs: false })
  await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    const { destination } = texts
    const { page, go, signIn, violations } = await openConsole(t, browser, url, { locale })
    await signIn()
    const badge = page.getByRole('list', { name: destination.title })
    for (const hash of ['overview', 'instances', 'live', 'history', 'send', 'dead-letters']) {
      await go(`#/${hash}`)
      t.same(
        (await badge.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()),
        [`${destination.environment}: staging`, `SQS ${destination.emulated}`, 'SQLite'],
        hash
      )
    }
    t.same(await violations(), [])

    await page.setViewportSize({ width: 390, height: 800 })
    t.equal(await badge.isVisible(), false)
    await page.getByRole('button', { name: texts.menu }).click()
    await badge.waitFor()

    await page.route('**/server', async (route) => {
      const answer = await fetch(`${url}/server`, { headers: { apikey: API_KEY } })
      const json = (await answer.json()) as ServerReply
      const region = { region: 'sa-east-1', endpoint: null, emulated: false }
      await route.fulfill({ json: { ...json, store: 'postgresql', sqs: { ...json.sqs, ...region } } })
    })
    await page.reload()
    await page.getByRole('button', { name: texts.menu }).click()
    await badge.getByText('SQS sa-east-1', { exact: true }).waitFor()
    await badge.getByText('PostgreSQL').waitFor()

    const other = await openConsole(t, browser, withoutSqs, { locale })
    await other.signIn('token-of-sales')
    const own = other.page.getByRole('list', { name: destination.title })
    t.same(await own.getByRole('listitem').allInnerTexts(), [`SQS ${destination.off}`, 'SQLite'])
  }
})
