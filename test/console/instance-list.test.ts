import t from 'tap'
import { recordOf } from '../../lib/instances/kept-instance.ts'
import type { MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

t.test('the list of instances', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`instances are sorted, narrowed and listed page by page (${locale})`, async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      const sales = await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
      const directory = app.eventLog.instances as MemoryDirectory
      const add = (name: string, key: number, events: string[] = []) => {
        const on = { id: 's', enabled: true, events, createdAt: new Date(), updatedAt: new Date() }
        const createdAt = new Date(Date.now() - key * 60_000)
        const selections = events.length > 0 ? { websocket: on } : {}
        directory.put({ ...recordOf(sales), createdAt, key, id: String(key), name, tokenHash: null, selections })
      }
      for (let key = 2; key <= 1_999; key++) add(`hub ${String(key).padStart(4, '0')}`, key, key < 5 ? ['CALL'] : [])
      add('São Paulo', 2_000)
      await app.onInstanceEvent({ instance: 'hub 0100', event: 'call', data: 1 })
      // Instances of the same millisecond are sorted by name.
      const before = Date.now()
      await until(() => Date.now() > before)
      for (const name of ['São Paulo', 'São Paulo'])
        await app.onInstanceEvent({ instance: name, event: 'call', data: 1 })
      const console = await openConsole(t, browser, url, { locale, hash: '#/instances' })
      const { page, signIn, go, violations, faults, overflow } = console
      const { instances, range } = texts
      await signIn()
      const all = locale === 'en' ? '2,000' : '2.000'
      const pager = page.getByRole('navigation', { name: instances.paging })
      const first = page.locator('.instances tbody tr').first()
      await pager.getByText(range('1', '100', all)).waitFor()
      t.equal(await page.locator('.instances tbody tr').count(), 100, 'one page at a time')
      await pager.getByRole('button', { name: texts.next }).click()
      await pager.getByText(range('101', '200', all)).waitFor()
      await page.getByRole('link', { name: 'hub 0102', exact: true }).waitFor()
      await pager.getByRole('button', { name: texts.previous }).click()
      await pager.getByText(range('1', '100', all)).waitFor()

      const sort = async (title: string, expected: string) => {
        await page.getByRole('button', { name: title }).click()
        await first.getByRole('link', { name: expected, exact: true }).waitFor()
      }
      await sort(texts.create.name, 'São Paulo')
      t.equal(await page.getByRole('columnheader', { name: texts.create.name }).getAttribute('aria-sort'), 'descending')
      await sort(instances.created, 'sales')
      await sort(instances.created, 'São Paulo')
      await sort(texts.activity.lastEvent, 'São Paulo')
      await sort(instances.counts, 'São Paulo')
      t.match(await first.innerText(), /2 · 2 · 2/)
      await pager.getByRole('button', { name: texts.next }).click()
      await pager.getByText(range('101', '200', all)).waitFor()

      const states = page.getByRole('combobox', { name: instances.state })
      await states.selectOption('websocket')
      await pager.getByText(range('1', '3', '3')).waitFor()
      await states.selectOption('silent')
      await page.getByText(instances.none).waitFor()
      await states.selectOption('')
      await page.getByLabel(instances.search).fill('sao')
      await pager.getByText(range('1', '1', '1')).waitFor()
      await page.getByRole('link', { name: 'São Paulo' }).waitFor()
      t.same(await violations(), [])
      t.equal(await overflow(), 0)

      await go('#/history')
      await page.getByRole('combobox', { name: texts.instance }).pressSequentially('hub 199')
      await page.locator('option[value="hub 1999"]').waitFor({ state: 'attached' })
      await page.getByRole('combobox', { name: texts.instance }).fill('hub 1999')
      await page.waitForURL(/#\/history\/hub%201999$/)
      t.same(faults, [])
    })

    t.test(`the selection of many instances is set, and those that fail are named (${locale})`, async (t) => {
      const sqs = await startSqs(t)
      const { app, url } = await listen(t, { sqs: sqs.options })
      const names = Array.from({ length: 130 }, (_, n) => `hub ${String(n).padStart(3, '0')}`)
      for (const name of names) await app.eventLog.instances.register(name, null)
      const console = await openConsole(t, browser, url, { locale, hash: '#/instances' })
      const { page, signIn, violations, faults } = console
      const { instances, work } = texts
      await signIn()
      const dialog = page.getByRole('dialog')
      await page.getByLabel(instances.choose('hub 001')).check()
      await page.getByLabel(instances.choose('hub 003')).check()
      await page.getByRole('button', { name: instances.setChosen('2') }).click()
      await dialog.getByRole('combobox', { name: instances.transport }).selectOption('websocket')
      await dialog.getByRole('radio', { name: instances.changes.these }).check()
      await dialog.getByRole('button', { name: texts.none }).click()
      t.equal(await dialog.getByRole('button', { name: instances.set('2') }).getAttribute('aria-disabled'), 'true')
      await dialog.getByRole('checkbox', { name: 'call', exact: true }).check()
      t.same(await violations(), [])
      await dialog.getByRole('button', { name: instances.set('2') }).click()
      await page.getByText(`${work.progress('2', '2')} · ${work.finished}`).waitFor()
      t.same(
        names.slice(0, 4).map((name) => app.websocket.find(name)?.events ?? null),
        [null, ['CALL'], null, ['CALL']]
      )
      await page.getByRole('button', { name: texts.close }).click()

      await page.getByLabel(instances.search).fill('hub 1')
      await page.getByText(texts.range('1', '30', '30')).waitFor()
      await app.eventLog.instances.register('hub 1xx', null)
      let atOnce = 0
      let most = 0
      await page.route('**/websocket/set/**', async (route) => {
        most = Math.max(most, ++atOnce)
        const refused = { status: 500, json: { code: 'IEV_OTHER', response: { message: ['not now'] } } }
        if (route.request().url().endsWith('hub%20105')) await route.fulfill(refused)
        else await route.continue()
        atOnce--
      })
      await page.getByRole('button', { name: instances.setAll('30') }).click()
      await dialog.getByRole('combobox', { name: instances.transport }).selectOption('websocket')
      await dialog.getByRole('button', { name: instances.set('30') }).click()
      await page.getByText(`${instances.failed('1')} · ${work.finished}`).waitFor()
      t.match(
        await page.getByRole('list', { name: instances.failed('1') }).textContent(),
        /hub 105 IEV_OTHER .*not now/
      )
      t.ok(most <= 4, 'few at a time')
      t.equal(names.filter((name) => app.websocket.find(name)?.enabled).length, 31)
      t.equal(app.websocket.find('hub 104')?.events.length, app.eventLog.catalogue.expand(['*']).length)
      t.same(faults, [])
    })
  }
})
