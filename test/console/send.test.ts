import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'

t.test('a sent event is linked to, and a refusal does not stand beside it', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const { app, url } = await listen(t, { sqs: false, eventLog: { logUnselected: false } })
      await app.websocket.set('sales', { enabled: true })
      const { page, signIn } = await openConsole(t, browser, url, { locale, hash: '#/send/sales' })
      await signIn()
      const send = page.getByRole('button', { name: texts.send.submit })
      const accepted = page.locator('.send .notice')
      await send.click()
      await accepted.waitFor()
      t.equal(await accepted.getByRole('link').getAttribute('href'), '#/history/sales/1')

      await page.route('**/events/sales', (route) =>
        route.fulfill({ status: 503, json: { code: 'IEV_CLOSING', response: { message: ['Not accepted'] } } })
      )
      await send.click()
      await page.getByRole('alert').filter({ hasText: texts.errors.IEV_CLOSING }).waitFor()
      t.equal(await accepted.count(), 0)
      await page.unroute('**/events/sales')

      await send.click()
      await accepted.getByRole('link').click()
      await page.getByRole('region', { name: texts.inspector }).getByText('messages.upsert').first().waitFor()

      await app.websocket.set('sales', { enabled: true, events: ['CALL'] })
      await page.goBack()
      await send.click()
      await accepted.waitFor()
      t.equal(await accepted.getByRole('link').count(), 0, 'an event that no transport selects is not in the log')
    })
  }
})

t.test('what becomes of a sent event is shown until all of its queues have it', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const sqs = await startSqs(t)
      const proxy = await startFaultProxy(t, sqs.options.endpoint)
      const held = Promise.withResolvers<void>()
      proxy.decide = async ({ action, body }) => {
        if (action === 'SendMessageBatch' && String(body.QueueUrl).includes('/global_')) await held.promise
        return undefined
      }
      const { app, url } = await listen(t, {
        sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1, global: { events: ['MESSAGES_UPSERT'] } }
      })
      await app.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
      await app.websocket.set('sales', { enabled: true })
      await connect(t, `${url}/sales`, API_KEY)
      const { page, signIn, violations, faults } = await openConsole(t, browser, url, { locale, hash: '#/send/sales' })
      await signIn()
      const { outcome } = texts
      const queues = page.getByRole('list', { name: outcome.title })
      const state = (queue: string, text: string) => queues.getByText(`${queue}_messages_upsert.fifo ${text}`).waitFor()
      await page.getByRole('button', { name: texts.send.submit }).click()
      await state('global', outcome.pending)
      await state('sales', outcome.sent)
      await page.getByText(outcome.sockets('1')).waitFor()
      held.resolve()
      await state('global', outcome.sent)
      await page.route('**/events/sales/outcome*', async (route) => {
        const reply = (await (await route.fetch()).json()) as object
        await route.fulfill({ json: { ...reply, nodes: 3 } })
      })
      t.same(await violations(), [])

      proxy.decide = ({ action }) =>
        action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no' } : undefined
      await page.getByRole('button', { name: texts.send.submit }).click()
      await state('sales', outcome.dead)
      await state('global', outcome.dead)
      await page.getByText(outcome.socketsOfNode('1', '3')).waitFor()
      await queues.getByText(texts.dead.advice.accessDenied).first().waitFor()
      const link = queues.getByRole('link', { name: outcome.toDeadLetters }).first()
      t.equal(
        await link.getAttribute('href'),
        '#/dead-letters/sales?queue=global_messages_upsert.fifo&reason=AccessDenied'
      )
      t.same(faults, [])
    })
  }
})

t.test(
  'an outcome that the server cannot say is told, and one that is interrupted is asked for again',
  { skip },
  async (t) => {
    const browser = await openBrowser(t, executable as string)
    const { url } = await listen(t, { sqs: false })
    const { page, t: texts, signIn } = await openConsole(t, browser, url, { hash: '#/send/sales' })
    await signIn()
    const send = page.getByRole('button', { name: texts.send.submit })
    const outcomes = '**/events/sales/outcome*'
    await page.route(outcomes, (route) => route.abort(), { times: 1 })
    await send.click()
    await page.getByText(texts.outcome.noQueue).waitFor()
    await page.getByText(texts.outcome.sockets('0')).waitFor()

    const json = { code: 'IEV_EVENT_NOT_FOUND', response: { message: ['It is gone'] } }
    await page.route(outcomes, (route) => route.fulfill({ status: 404, json }))
    await send.click()
    await page.getByRole('alert').filter({ hasText: texts.errors.IEV_EVENT_NOT_FOUND }).waitFor()
    await page.unroute(outcomes)

    await page.route(outcomes, async (route) => {
      const reply = (await (await route.fetch()).json()) as object
      await route.fulfill({ json: { ...reply, complete: false } })
    })
    await send.click()
    await page.getByText(texts.outcome.incomplete).waitFor()
    t.equal(await page.getByText(texts.outcome.noQueue).count(), 0)
  }
)
