import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip, template } from '../support/console.ts'

// axe checks every page eight times, which is slow on a busy machine.
t.setTimeout(300_000)

const WIDTHS = [360, 1280]

t.test(
  'every page is accessible and fits its window, in both languages, light and dark, narrow and wide',
  { skip },
  async (t) => {
    const browser = await openBrowser(t, executable as string)
    const { app, url } = await listen(t, { websocket: { globalEvents: true } })
    await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
    await app.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT', 'CALL'] })
    await app.websocket.set('sales', { enabled: true })
    const event = { instance: 'sales', event: 'messages.upsert', data: template('messages.upsert') }
    await app.eventLog.accept(Array.from({ length: 60 }, () => event))
    // Too large for SQS, and there is no bucket.
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'x'.repeat(1_100_000) })

    await app.inject({ method: 'POST', url: '/events/sales', headers: { apikey: 'a-wrong-one' }, payload: {} })

    for (const [locale, texts] of Object.entries(LANGUAGES)) {
      t.test(locale, async (t) => {
        const { page, faults, ...console } = await openConsole(t, browser, url, { locale, reducedMotion: 'reduce' })
        const seen: Record<string, unknown> = {}
        /** Looks at the current page in every width and colour scheme. Of axe's rules, only that of contrast depends on colours. */
        async function look(name: string): Promise<void> {
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 800 })
            await page.emulateMedia({ colorScheme: 'light' })
            const light = await console.violations()
            await page.emulateMedia({ colorScheme: 'dark' })
            const dark = await console.violations(['color-contrast'])
            seen[`${name}, ${width} px`] = { light, dark, fits: (await console.overflow()) <= 0 }
          }
        }

        await page.getByRole('heading', { name: texts.signIn.title }).waitFor()
        t.equal(await page.locator('html').getAttribute('lang'), locale)
        await look('sign-in')
        await console.signIn(API_KEY)

        await page.getByRole('heading', { level: 1, name: texts.pages.overview }).waitFor()
        await page
          .getByRole('img', { name: `${texts.metrics.pending}:` })
          .first()
          .waitFor()
        await page.getByText(texts.overview.lookAtThem).waitFor()
        await look('overview')

        await console.go('#/instances')
        await page.getByRole('link', { name: 'sales', exact: true }).waitFor()
        await look('instances')
        await page.getByRole('button', { name: texts.instances.create }).click()
        await page.getByRole('dialog').waitFor()
        await look('create instance')
        await page.keyboard.press('Escape')

        await console.go('#/instances/sales')
        await page.getByText('sales_call.fifo', { exact: true }).first().waitFor()
        await page.getByText('connectInstance("ws://').waitFor()
        await look('instance')

        await console.go('#/live')
        await page.getByRole('status').getByText(texts.live.states.live).waitFor()
        await app.onInstanceEvent(event)
        await page.getByRole('listbox', { name: texts.live.list }).getByRole('option').first().click()
        await page.getByRole('region', { name: texts.wholeMessage }).waitFor()
        await page.locator('summary').first().click()
        await look('live')

        await console.go('#/history')
        await page.getByRole('listbox', { name: texts.history.list }).getByRole('option').first().waitFor()
        await look('history')

        await console.go('#/send/sales')
        await page.getByLabel(texts.send.data).waitFor()
        await look('send')

        await console.go('#/dead-letters')
        await page.getByText('IEV_SQS_PAYLOAD_TOO_LARGE', { exact: true }).last().waitFor()
        await page.locator('summary').filter({ hasText: texts.dead.payload }).first().click()
        await page.getByRole('region', { name: texts.dead.payload }).first().waitFor()
        await look('dead letters')

        const good = { light: [], dark: [], fits: true }
        t.same(seen, Object.fromEntries(Object.keys(seen).map((name) => [name, good])))
        t.equal(Object.keys(seen).length, 18)
        t.same(faults, [])
      })
    }
  }
)
