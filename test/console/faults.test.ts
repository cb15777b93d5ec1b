import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'

t.test('what is wrong is said with its code', { skip }, async (t) => {
  // Skipped without one.
  const browser = await openBrowser(t, executable as string)

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`SQS that refuses an event, and then takes it (${locale})`, async (t) => {
      const sqs = await startSqs(t)
      const proxy = await startFaultProxy(t, sqs.options.endpoint)
      const { app, url } = await listen(t, {
        sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
      })
      const { page, signIn, violations } = await openConsole(t, browser, url, { locale })
      await signIn()
      await page.getByText(texts.overview.well).waitFor()

      proxy.decide = ({ action }) =>
        action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no permission' } : undefined
      await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
      const line = page.getByRole('alert').filter({ hasText: 'AccessDenied' })
      await line.waitFor()
      t.match(await line.innerText(), texts.faults.components.sqs.title)
      t.match(await line.innerText(), texts.faults.queue('global_call.fifo'))
      t.match(await page.locator('[data-metric=pending] .figure').innerText(), /^1/)
      t.same(await violations(), [])

      proxy.decide = () => undefined
      await page.getByText(texts.overview.well).waitFor()
      t.equal(await line.count(), 0, 'the line is gone')
    })
  }

  t.test('SQS that cannot be reached', async (t) => {
    const sqs = await startSqs(t)
    const { url } = await listen(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
    const { page, signIn, go, t: texts } = await openConsole(t, browser, url)
    await signIn()
    await page.getByText(texts.overview.well).waitFor()
    await sqs.server.stop()
    const line = page.getByRole('alert').filter({ hasText: 'ECONNREFUSED' })
    await line.waitFor()
    t.match(await line.innerText(), texts.faults.components.sqs.title)
    await go('#/instances')
    await line.waitFor()
    t.pass('the line is on every page')
  })

  t.test('a server that is gone, and comes back', async (t) => {
    const { app, url } = await listen(t, { sqs: false })
    const { page, signIn, t: texts } = await openConsole(t, browser, url)
    await signIn()
    await page.getByText(texts.overview.well).waitFor()
    await app.close()
    await page.getByRole('alert').filter({ hasText: texts.faults.unreachable }).waitFor()
    await listen(t, { sqs: false, port: Number(new URL(url).port) })
    await page.getByText(texts.overview.well).waitFor()
  })

  t.test('a key that opens nothing, and one that was replaced meanwhile', async (t) => {
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
    t.equal(await page.evaluate('sessionStorage.length'), 0, 'the key is forgotten')
  })

  t.test(
    'a key with spaces around it opens what it opens without; one that cannot be a key is called so',
    async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      await app.websocket.set('sales', { enabled: true })
      const { page, signIn, go, t: texts } = await openConsole(t, browser, url)
      await page.getByLabel(texts.signIn.key).fill('ключ')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').filter({ hasText: texts.errors.KEY_CHARACTERS }).waitFor()
      await signIn(`  ${API_KEY} `)
      await go('#/live/sales')
      await page.getByRole('status').getByText(texts.live.states.live, { exact: true }).waitFor()
    }
  )

  t.test('a reload while the server fails: says why, and keeps the key', async (t) => {
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

  t.test('answers of another server are called so', async (t) => {
    const { url } = await listen(t, { sqs: false })
    const { page, signIn, go, faults, t: texts } = await openConsole(t, browser, url)
    await signIn()
    await page.getByText(texts.overview.well).waitFor()
    for (const body of ['null', '{}', '<h1>Hello</h1>']) {
      await page.route(/overview$|fetchInstances/, (route) => route.fulfill({ contentType: 'text/html', body }))
      await page.getByRole('alert').filter({ hasText: 'NOT_THIS_SERVER' }).waitFor()
      await go('#/instances')
      await page.getByRole('alert').filter({ hasText: texts.errors.NOT_THIS_SERVER }).waitFor()
      await page.unroute(/overview$|fetchInstances/)
      await go('#/overview')
      await page.getByText(texts.overview.well).waitFor()
    }
    const body = JSON.stringify({ code: 7, response: { message: { join: 'us' } } })
    await page.route(/fetchInstances/, (route) => route.fulfill({ status: 502, body }))
    await go('#/instances')
    await page.getByRole('alert').filter({ hasText: 'HTTP 502' }).waitFor()
    t.same(faults, [])
  })
})
