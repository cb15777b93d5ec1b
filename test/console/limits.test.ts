import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { SERVER_LIMITS } from '../../lib/instances/limits.ts'
import { until } from '../support/until.ts'

t.test('limits of an instance', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, {
    sqs: false,
    websocket: { maxSocketsPerInstance: 500 },
    eventLog: { instanceRetainedBytes: 5_000_000 }
  })
  await app.eventLog.instances.register('sales', null)
  const limitsNow = () => app.eventLog.instances.require('sales').limits

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`limits are set and reset, and show the values of the server (${locale})`, async (t) => {
      const { page, signIn, go, faults, violations, overflow } = await openConsole(t, browser, url, { locale })
      await signIn()
      await go('#/instances/sales')
      const { limits } = texts
      const field = (name: string) => page.getByLabel(name, { exact: true })
      const save = page
        .locator('form')
        .filter({ has: field(limits.retainedBytes) })
        .getByRole('button', { name: texts.save })
      await save.waitFor()
      const number = (value: number) => new Intl.NumberFormat(locale).format(value)
      t.same(
        await Promise.all(
          [limits.eventsPerSecond, limits.bytesPerSecond, limits.sockets, limits.retainedBytes].map((name) =>
            field(name).getAttribute('placeholder')
          )
        ),
        [limits.unlimited, limits.unlimited, number(500), number(5_000_000)].map(limits.default)
      )
      await field(limits.eventsPerSecond).fill('100')
      await field(limits.sockets).fill('0')
      await field(limits.retainedBytes).fill('2000000')
      await save.click()
      await page.getByText(texts.transports.saved).waitFor()
      const set = { eventsPerSecond: 100, bytesPerSecond: null, sockets: 0, retainedBytes: 2_000_000 }
      t.same(limitsNow(), set)
      await page.reload()
      await save.waitFor()
      t.equal(await field(limits.retainedBytes).inputValue(), '2000000')
      t.same(await violations(), [])
      t.ok((await overflow()) <= 0)
      for (const name of [limits.eventsPerSecond, limits.sockets, limits.retainedBytes]) await field(name).fill('')
      await save.click()
      await until(() => limitsNow() === SERVER_LIMITS)
      t.same(faults, [])
    })
  }
})
