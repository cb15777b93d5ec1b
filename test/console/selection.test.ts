import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip, template } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

t.test('the filter and the omitted members of a selection', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`are edited, tried, refused and removed (${locale})`, async (t) => {
      const { app, url } = await listen(t, { sqs: sqs.options })
      const events = ['MESSAGES_UPSERT', 'CALL']
      await app.sqs.set('sales', { enabled: true, events, filter: { CALL: { status: ['offer'] } } })
      await app.websocket.set('sales', { enabled: true, omit: ['data.message.base64'] })
      const { page, signIn, faults, violations } = await openConsole(t, browser, url, {
        locale,
        hash: '#/instances/sales'
      })
      await signIn()
      const card = (transport: 'sqs' | 'websocket') =>
        page.getByRole('region', { name: texts.transports[transport].title, exact: true })
      const queues = card('sqs')
      const filter = queues.getByLabel(texts.filters.filter, { exact: true })
      const omit = queues.getByLabel(texts.filters.omit, { exact: true })
      const button = (name: string) => queues.getByRole('button', { name, exact: true })
      // "Not saved" has "saved" in it, in Portuguese even as its last word.
      const saved = new RegExp(`^${texts.transports.saved}$`)
      const verdict = (text: RegExp | string) => queues.getByRole('status').filter({ hasText: text })

      t.match(JSON.parse(await filter.inputValue()), { CALL: { status: ['offer'] } }, 'what is set is shown')
      t.equal(
        await card('websocket').getByLabel(texts.filters.omit, { exact: true }).inputValue(),
        'data.message.base64'
      )
      t.ok(await button(texts.save).isDisabled(), 'without a change there is nothing to save')
      await verdict(texts.transports.unchanged).waitFor()
      const bar = await queues.locator('.save-bar').boundingBox()
      t.ok(bar && bar.y + bar.height <= 860, 'the bar is in view at the top of the page')

      // The form follows the server until it is edited.
      await app.sqs.set('sales', { enabled: true, events, filter: null })
      await page.evaluate("dispatchEvent(new Event('focus'))")
      await until(async () => (await filter.inputValue()) === '')
      t.ok(await button(texts.save).isDisabled())

      await button(texts.filters.preset.notFromMe).click()
      await button(texts.filters.preset.noGroups).click()
      await button(texts.filters.preset.noStatus).click()
      const policy = {
        MESSAGES_UPSERT: {
          key: { fromMe: [false], remoteJid: [{ 'anything-but': { suffix: ['@g.us', 'status@broadcast'] } }] }
        }
      }
      t.same(JSON.parse(await filter.inputValue()), policy)
      await button(texts.filters.trial.submit).click()
      await verdict(texts.filters.trial.none('messages.upsert')).waitFor()
      const data = template('messages.upsert') as { key: object }
      const send = (fromMe: boolean) =>
        app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: { key: { ...data.key, fromMe } } })
      const verdicts = { passes: texts.filters.trial.passes, fails: texts.filters.trial.fails }
      for (const [fromMe, outcome] of [
        [true, 'fails'],
        [false, 'passes']
      ] as const) {
        await send(fromMe)
        await app.onInstanceEvent({ instance: 'sales', event: 'call', data: {} })
        await button(texts.filters.trial.submit).click()
        const [start = ''] = verdicts[outcome]('messages.upsert', '@', '').split('@')
        await verdict(start).waitFor()
      }
      await queues.getByLabel(texts.filters.trial.event).selectOption('call')
      await button(texts.filters.trial.submit).click()
      await verdict(verdicts.passes('call', '@', '').split('@')[0] ?? '').waitFor()
      await button(texts.save).click()
      await verdict(saved).waitFor()
      t.same(app.sqs.find('sales')?.filter, policy)
      t.equal(app.sqs.find('sales')?.omit, undefined)
      t.same(app.sqs.find('sales')?.events, events)

      // Faults are beside the field, which has the focus.
      await filter.fill('{"key":')
      await queues.getByText(texts.send.cutJson).waitFor()
      t.ok(await button(texts.save).isDisabled())
      await filter.fill('{"key":{"fromMe":false}}')
      await button(texts.filters.trial.submit).click()
      const refusal = 'filter.key.fromMe '
      await queues.getByRole('alert').filter({ hasText: refusal }).waitFor()
      await filter.fill('{"key":{"fromMe":[{}]}}')
      await omit.fill('data.a\nmessage.base64')
      await button(texts.save).click()
      await queues.getByRole('alert').filter({ hasText: 'filter.key.fromMe[0] ' }).waitFor()
      t.equal(await filter.getAttribute('aria-invalid'), 'true')
      await until(async () => /filter\.key\.fromMe\[0\] /.test((await page.evaluate<string>(FOCUSED_FAULT)) ?? ''))
      t.same(await violations(), [], 'accessible with a fault')
      await filter.fill('{"key":{"fromMe":[false]}}')
      t.equal(await filter.getAttribute('aria-invalid'), 'false')
      await button(texts.save).click()
      await queues.getByRole('alert').filter({ hasText: 'omit[1] ' }).waitFor()
      t.equal(await omit.getAttribute('aria-invalid'), 'true')
      await until(async () => /omit\[1\] /.test((await page.evaluate<string>(FOCUSED_FAULT)) ?? ''))
      t.same(app.sqs.find('sales')?.filter, policy, 'nothing was stored')

      // By keyboard.
      await omit.focus()
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.type('data.message.base64')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      t.equal(await page.evaluate('document.activeElement.innerText'), texts.save)
      await page.keyboard.press('Enter')
      await verdict(saved).waitFor()
      t.equal(await page.evaluate('document.activeElement.innerText'), texts.save, 'the focus stays')
      t.match(app.sqs.find('sales'), { filter: { key: { fromMe: [false] } }, omit: ['data.message.base64'] })

      await button(texts.filters.removeFilter).click()
      await button(texts.filters.removeOmitted).click()
      t.equal(await button(texts.filters.trial.submit).count(), 0)
      await button(texts.save).click()
      await verdict(saved).waitFor()
      t.match(app.sqs.find('sales'), { enabled: true, filter: undefined, omit: undefined })
      t.same(faults, [])
    })
  }

  t.test('a filter without a preset, with other events and with an error that names no field', async (t) => {
    const { app, url } = await listen(t, { sqs: sqs.options })
    await app.sqs.set('support', { enabled: true, events: ['CALL'], filter: { a: [1] } })
    const { page, t: texts, signIn, faults } = await openConsole(t, browser, url, { hash: '#/instances/support' })
    await signIn()
    const queues = page.getByRole('region', { name: texts.transports.sqs.title, exact: true })
    await queues.getByRole('button', { name: texts.filters.trial.submit }).waitFor()
    t.equal(await queues.getByRole('button', { name: texts.filters.preset.noGroups }).count(), 0)
    await app.eventLog.instances.remove('support')
    await queues.getByRole('button', { name: texts.filters.trial.submit }).click()
    await queues.getByRole('alert').filter({ hasText: texts.errors.IEV_INSTANCE_NOT_FOUND }).waitFor()
    t.same(faults, [])
  })
})

/** The text that describes the field with the focus. */
const FOCUSED_FAULT = 'document.getElementById(document.activeElement.getAttribute("aria-describedby"))?.innerText'
