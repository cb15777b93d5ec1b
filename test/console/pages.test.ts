import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip, template } from '../support/console.ts'

// Eight times every page, each looked through by axe: a busy machine takes its time.
t.setTimeout(300_000)

t.test('every page, in both languages, dark and light, narrow and wide', { skip }, async (t) => {
  // Skipped without one.
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, { websocket: { globalEvents: true } })
  await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  await app.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT', 'CALL'] })
  await app.websocket.set('sales', { enabled: true })
  const event = { instance: 'sales', event: 'messages.upsert', data: template('messages.upsert') }
  for (let n = 0; n < 60; n++) await app.onInstanceEvent(event)
  // Too large for SQS, and there is no bucket.
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'x'.repeat(1_100_000) })

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [360, 1280]) {
        t.test(`${locale}, ${colorScheme}, ${width} px`, async (t) => {
          const { page, faults, ...console } = await openConsole(t, browser, url, {
            locale,
            colorScheme,
            viewport: { width, height: 800 }
          })
          async function check(name: string): Promise<void> {
            t.same(await console.violations(), [], `${name}: axe`)
            t.ok((await console.overflow()) <= 0, `${name}: no wider than its window`)
          }

          await page.getByRole('heading', { name: texts.signIn.title }).waitFor()
          t.equal(await page.locator('html').getAttribute('lang'), locale)
          await check('sign-in')
          await console.signIn(API_KEY)

          await page.getByRole('heading', { level: 1, name: texts.pages.overview }).waitFor()
          await page
            .getByRole('img', { name: `${texts.metrics.pending}:` })
            .first()
            .waitFor()
          await page.getByText(texts.overview.lookAtThem).waitFor()
          await check('overview')

          await console.go('#/instances')
          await page.getByRole('link', { name: 'sales', exact: true }).waitFor()
          await check('instances')
          await page.getByRole('button', { name: texts.instances.create }).click()
          await page.getByRole('dialog').waitFor()
          await check('create instance')
          await page.keyboard.press('Escape')

          await console.go('#/instances/sales')
          await page.getByText('sales_call.fifo', { exact: true }).waitFor()
          await page.getByText('connectInstance("ws://').waitFor()
          await check('instance')

          await console.go('#/live')
          await page.getByRole('status').getByText(texts.live.states.live).waitFor()
          await app.onInstanceEvent(event)
          await page.getByRole('listbox', { name: texts.live.list }).getByRole('option').first().click()
          await page.getByRole('region', { name: texts.wholeMessage }).waitFor()
          await page.locator('summary').first().click()
          await check('live')

          await console.go('#/history')
          await page.getByRole('listbox', { name: texts.history.list }).getByRole('option').first().waitFor()
          await check('history')

          await console.go('#/send/sales')
          await page.getByLabel(texts.send.data).waitFor()
          await check('send')

          await console.go('#/dead-letters')
          await page.getByText('IEV_SQS_PAYLOAD_TOO_LARGE', { exact: true }).last().waitFor()
          await page.locator('summary').filter({ hasText: texts.dead.payload }).first().click()
          await page.getByRole('region', { name: texts.dead.payload }).first().waitFor()
          await check('dead letters')

          t.same(faults, [], 'nothing thrown, nothing forbidden by the policy')
        })
      }
    }
  }
})
