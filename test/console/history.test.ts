import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'

t.test('the history of events', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    const count = (value: number) => new Intl.NumberFormat(locale).format(value)

    /** The history of `sales`, with 120 events of it and others of `support`. */
    async function open(t: Test, hash = '#/history') {
      const { app, url } = await listen(t, { sqs: false })
      await app.eventLog.accept(
        Array.from({ length: 120 }, (_, n) => ({
          instance: n % 10 === 0 ? 'support' : 'sales',
          event: n % 2 === 0 ? 'call' : 'messages.upsert',
          data: { n: n + 1, text: n === 6 ? 'Disse "Olá" ao João' : 'nada' },
          id: `event-${n + 1}`
        }))
      )
      const console = await openConsole(t, browser, url, { locale, hash, acceptDownloads: true })
      await console.signIn()
      const { page } = console
      const inspector = page.getByRole('region', { name: texts.inspector, exact: true })
      const option = page.getByRole('listbox').getByRole('option')
      const find = async (text: string) => {
        await page.getByRole('searchbox', { name: texts.log.search }).fill(text)
        await page.keyboard.press('Enter')
      }
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
      return { ...console, app, url, inspector, option, find, press }
    }

    t.test(`a search finds events by text and by id, with its progress (${locale})`, async (t) => {
      const { page, option, find, press, violations, faults } = await open(t)
      await find('"OLÁ" ao joão')
      const progress = page
        .getByRole('status')
        .filter({ hasText: texts.log.progress(count(120), count(120), count(1)) })
      await progress.getByText(texts.log.finished).waitFor()
      t.match(await option.allInnerTexts(), [/sales/])
      await find('event-33')
      await option.filter({ hasText: '"n":33,' }).waitFor()
      await find('is nowhere')
      await page.getByText(texts.log.nothing('is nowhere')).waitFor()
      t.same(await violations(), [])
      await press(texts.log.end)
      await page.getByText(texts.history.range('50', '71', '120')).waitFor()

      // A long log: its second part does not come yet.
      let asked = 0
      await page.route('**/events?*search=*', async (route) => {
        const before = new URL(route.request().url()).searchParams.get('before')
        if (asked++ === 1) return
        const rest = { before: 1_000_000, examined: 120_000, total: 1_834_000, more: before === 'latest', log: 'x' }
        await route.fulfill({ json: { events: [], ...rest } })
      })
      await find('rare')
      const part = texts.log.progress(count(120_000), count(1_834_000), '0')
      await page.getByText(part, { exact: true }).waitFor()
      t.equal(await page.getByRole('progressbar').getAttribute('max'), '1834000')
      await press(texts.log.stop)
      await page.getByText(`${part} ${texts.log.stopped}`).waitFor()
      await press(texts.log.goOn)
      await page.getByText(texts.log.nothing('rare')).waitFor()
      t.equal(asked, 3, 'it continues where it stopped')
      t.same(faults, [])
    })

    t.test(`a time leads to the first event that was accepted from it on (${locale})`, async (t) => {
      const { page, app, inspector, press, faults } = await open(t)
      const times = Promise.withResolvers<Date>()
      const events = await app.eventLog.store.log.read({ after: 0, limit: 120 })
      const timer = setInterval(() => {
        // The field has seconds.
        const now = new Date()
        if (now.getTime() < Math.ceil((events.at(-1)?.acceptedAt ?? 0) / 1_000) * 1_000) return
        clearInterval(timer)
        times.resolve(now)
      }, 20)
      const now = await times.promise
      await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'the first one then' })
      const field = page.getByLabel(/GMT/)
      const local = await page.evaluate<string>(
        `new Date(${now.getTime()} - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19)`
      )
      await field.fill(local)
      await press(texts.log.go)
      await inspector.getByText('the first one then').waitFor()
      await page.getByText(texts.history.range('1', '121', '121')).waitFor()
      await press(texts.history.older)
      await page.getByText(texts.history.range('50', '71', '120')).waitFor()
      await field.fill('2020-01-01T00:00:00')
      await press(texts.log.go)
      await page.getByText(texts.history.range('50', '1', '50')).waitFor()
      await inspector.getByText('"event-1"').waitFor()
      await press(texts.history.newer)
      await page.getByText(texts.history.range('50', '51', '100')).waitFor()
      await field.fill('2099-01-01T00:00:00')
      await press(texts.log.go)
      await page.getByText('2099').waitFor()
      t.same(faults, [])
    })

    t.test(`a link opens one event, and is copied (${locale})`, async (t) => {
      const { page, url, go, inspector, option, press, faults } = await open(t, '#/history/sales/42')
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      await inspector.getByText('"event-42"').waitFor()
      t.match(await option.first().innerText(), /42/)
      t.equal(await option.first().getAttribute('aria-selected'), 'true')
      await press(texts.log.copyLink)
      await page.getByText(texts.copied).waitFor()
      const link = await page.evaluate<string>('navigator.clipboard.readText()')
      t.equal(link, `${url}/console/#/history/sales/event-42`)
      await go('#/history/sales/event-7')
      await inspector.getByText('"event-7"').waitFor()
      for (const missing of ['event-1', '1', '500', 'none']) {
        await go(`#/history/sales/${missing}`)
        await page.getByText(texts.log.notFound(missing, 'sales')).waitFor()
        await page.getByText(texts.history.range('50', '66', '120')).waitFor()
      }
      t.same(faults, [])
    })

    t.test(`an event is sent again as a new one, and copied as curl (${locale})`, async (t) => {
      const { page, app, url, inspector, press, violations, faults } = await open(t)
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      const payload = '{"event":"call","data":{"big":12345678901234567890},"sender":"5511@s.whatsapp.net","id":"big"}'
      await fetch(`${url}/events/sales`, {
        method: 'POST',
        headers: { apikey: 'global-key-of-the-tests', 'content-type': 'application/json' },
        body: payload
      })
      await page.getByRole('button', { name: texts.history.newest }).click()
      await page.getByRole('option').filter({ hasText: '121' }).first().click()
      await press(texts.log.copyCurl)
      await page.getByText(texts.copied).waitFor()
      const curl = await page.evaluate<string>('navigator.clipboard.readText()')
      t.ok(curl.includes(`'${url}/events/sales'`))
      t.match(curl, /-H "apikey: \$KEY"/)
      t.ok(curl.includes('"data":{"big":12345678901234567890}'), 'with all digits')

      await press(`${texts.log.resend}…`)
      const dialog = page.getByRole('dialog', { name: texts.log.resendTitle('call') })
      await dialog.getByText(texts.log.resendWarning('sales')).waitFor()
      t.same(await violations(), [])
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await inspector.getByText('"big"').first().waitFor()
      const { head } = await app.eventLog.store.log.range()
      t.equal(head, 121, 'nothing is sent without a confirmation')

      await press(`${texts.log.resend}…`)
      await dialog.getByRole('button', { name: texts.log.resend }).click()
      await dialog.getByRole('link', { name: texts.log.show }).waitFor()
      const [again] = await app.eventLog.store.log.read({ after: 121, limit: 2 })
      t.match(again, { event: 'call', instance: 'sales', data: '{"big":12345678901234567890}' })
      t.not(again?.id, 'big')
      t.match(again?.envelope, '"sender":"5511@s.whatsapp.net"')
      await dialog.getByRole('link', { name: texts.log.show }).click()
      await inspector.getByText(again?.id ?? '', { exact: true }).waitFor()
      t.same(faults, [])
    })

    t.test(`the events of a search and filter are saved as NDJSON (${locale})`, async (t) => {
      const { page, find, press, violations, faults } = await open(t)
      const save = async () => {
        const downloading = page.waitForEvent('download')
        await press(texts.log.export)
        const download = await downloading
        return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
      }
      const all = await save()
      t.match(all.name, /^events-all-.*\.ndjson$/)
      const offsets = all.text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { offset: number }).offset)
      t.same(
        offsets,
        Array.from({ length: 120 }, (_, n) => 120 - n)
      )
      await page.getByText(`${texts.log.exporting(count(120))} ${texts.log.exportDone}`).waitFor()
      t.same(await violations(), [])
      await press(texts.close)
      await find('joão')
      await page.getByText(texts.log.finished).waitFor()
      t.match(JSON.parse((await save()).text), { offset: 7, data: { text: 'Disse "Olá" ao João' } })

      // The second part does not come.
      await press(texts.log.end)
      let asked = 0
      await page.route('**/events?*limit=1000*', async (route) => {
        if (asked++ > 0) return
        await route.fulfill({ json: { events: [{ offset: 9 }], before: 9, more: true, log: 'x' } })
      })
      const downloading = page.waitForEvent('download')
      await press(texts.log.export)
      await page.getByText(texts.log.exporting('1'), { exact: true }).waitFor()
      await press(texts.log.stop)
      await page.getByText(texts.log.exportStopped).waitFor()
      t.equal(readFileSync(await (await downloading).path(), 'utf8'), '{"offset":9}\n')
      t.same(faults, [])
    })
  }
})
