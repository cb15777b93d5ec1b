import t, { type Test } from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip, type ConsoleOptions } from '../support/console.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

t.test('the page of dead letters', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  /** The page with dead letters of some instances. SQS denies access until `allow` is called. */
  async function open(t: Test, counts: Record<string, number>, options: ConsoleOptions & { maxBytes?: number } = {}) {
    const { maxBytes, ...of } = options
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const { app, url } = await listen(t, {
      sqs: {
        ...sqs.options,
        endpoint: proxy.endpoint,
        maxAttempts: 1,
        ...(maxBytes && { maxPayloadBytes: maxBytes }),
        global: { events: ['CALL', 'LABELS_EDIT'] }
      }
    })
    proxy.decide = ({ action }) =>
      action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no permission' } : undefined
    for (const [instance, count] of Object.entries(counts))
      await app.eventLog.accept(Array.from({ length: count }, (_, data) => ({ instance, event: 'call', data })))
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const left = async () => (await app.eventLog.store.deadLetters.count()).count
    await until(async () => (await left()) === all)
    const allow = () => {
      proxy.decide = () => undefined
    }
    const console = await openConsole(t, browser, url, { hash: '#/dead-letters', ...of })
    await console.signIn()
    const { page } = console
    return {
      ...console,
      app,
      sqs,
      left,
      allow,
      group: (instance: string) => page.locator('.group').filter({ hasText: instance }),
      dialog: page.getByRole('dialog')
    }
  }

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`dead letters are grouped, narrowed and read page by page (${locale})`, async (t) => {
      const { page, app, group, violations, faults, overflow } = await open(t, { sales: 640, other: 2 }, { locale })
      const { dead } = texts
      await app.eventLog.accept([{ instance: 'sales', event: 'labels.edit', data: 1 }])
      await until(async () => (await app.eventLog.store.deadLetters.count()).count === 643)
      await page.reload()
      await page.getByText(dead.counted('643')).waitFor()
      await page.getByText(dead.inGroups('3')).waitFor()
      t.match(await page.locator('.reasons').innerText(), /AccessDenied × 643/, 'all of them, not those of a page')
      t.match(await page.locator('.group').allInnerTexts(), [/640/, /\b2\b/, /\b1\b/], 'largest first')
      const times = page.locator('.group-times').last()
      t.equal(await times.locator('span').count(), 1, 'one time of one dead letter')
      const later = new Date('2030-01-02T03:04:05Z').toISOString()
      await page.route('**/sqs/deadletters/groups*', async (route) => {
        const reply = await route.fetch()
        const json = (await reply.json()) as { groups: object[] }
        await route.fulfill({ json: { ...json, groups: json.groups.map((one) => ({ ...one, lastDiedAt: later })) } })
      })
      await page.reload()
      t.match(await times.innerText(), new RegExp(`^${dead.first('.+')}\n${dead.last('.+2030.+')}$`))
      await page.unroute('**/sqs/deadletters/groups*')

      await group('sales').first().getByRole('button', { expanded: false }).click()
      const pager = page.getByRole('navigation', { name: dead.paging })
      await pager.getByText(texts.range('1', '100', '640')).waitFor()
      await pager.getByRole('button', { name: texts.next }).click()
      await pager.getByText(texts.range('101', '200', '640')).waitFor()
      t.equal(await page.locator('.letter').count(), 100, 'one page at a time')
      for (const last of ['300', '400', '500', '600', '640']) {
        await pager.getByRole('button', { name: texts.next }).click()
        await pager.getByText(texts.range(String(Number(last) - (last === '640' ? 39 : 99)), last, '640')).waitFor()
      }
      t.equal(await pager.getByRole('button', { name: texts.next }).getAttribute('aria-disabled'), 'true')
      await pager.getByRole('button', { name: texts.previous }).click()
      await pager.getByText(texts.range('501', '600', '640')).waitFor()

      const letter = page.locator('.letter').first()
      t.equal(await letter.getByText('no permission').count(), 1)
      await letter.locator('summary').filter({ hasText: dead.payload }).click()
      t.match(await letter.getByRole('region', { name: dead.payload }).innerText(), /"instance": "sales"/)

      const queues = page.getByRole('combobox', { name: dead.queue })
      await queues.selectOption('global_labels_edit.fifo')
      await page.getByText(dead.counted('1'), { exact: true }).waitFor()
      await page.locator('.letter').waitFor()
      t.same(
        (await queues.locator('option').allInnerTexts()).slice(1),
        ['global_call.fifo (642)', 'global_labels_edit.fifo (1)'],
        'all queues can be chosen'
      )
      const reasons = page.getByRole('combobox', { name: dead.reason })
      await reasons.focus()
      await reasons.selectOption('AccessDenied')
      await page.waitForURL('**/#/dead-letters?queue=global_labels_edit.fifo&reason=AccessDenied')
      await page.getByText(dead.counted('1'), { exact: true }).waitFor()
      t.equal(await page.evaluate('document.activeElement.value'), 'AccessDenied', 'the focus stays')
      await page.reload()
      await page.getByText(dead.counted('1'), { exact: true }).waitFor()
      t.same([await queues.inputValue(), await reasons.inputValue()], ['global_labels_edit.fifo', 'AccessDenied'])
      await page.goBack()
      await until(async () => (await reasons.inputValue()) === '')
      t.equal(await queues.inputValue(), 'global_labels_edit.fifo')
      await page.getByRole('combobox', { name: texts.instance }).fill('sales')
      await page.waitForURL('**/#/dead-letters/sales?queue=global_labels_edit.fifo')
      await page.getByText(dead.counted('1'), { exact: true }).waitFor()
      t.same(await violations(), [])
      t.equal(await overflow(), 0)
      t.same(faults, [])
    })

    t.test(`dead letters that are given up again are named, with the reason and what to do (${locale})`, async (t) => {
      // More than are listed one by one takes long, so one language has them.
      const isMany = locale === 'en'
      const count = isMany ? '643' : '43'
      const { page, left, group, dialog, violations, faults } = await open(
        t,
        { sales: isMany ? 640 : 40, other: 3 },
        { locale, maxBytes: 1_024 }
      )
      const { dead, work } = texts
      const all = page.getByRole('button', { name: dead.redriveAll(count) })
      await all.click()
      await dialog.getByRole('heading', { name: dead.redriveTitle(count) }).waitFor()
      t.match(await dialog.innerText(), `AccessDenied × ${count}`)
      await dialog.getByRole('button', { name: texts.cancel }).click()
      t.equal(await page.locator('.work').count(), 0, 'nothing is redriven without a confirmation')
      await all.click()
      await dialog.getByRole('button', { name: dead.redrive(count) }).click()
      const status = page.getByRole('status').filter({ hasText: dead.redriving })
      await status.getByText(`${dead.sent('0')} · ${dead.again(count)} · ${work.finished}`).waitFor({ timeout: 60_000 })
      const region = page.getByRole('region', { name: dead.redriving })
      t.match(await region.innerText(), dead.advice.accessDenied)
      t.match(await region.innerText(), `AccessDenied × ${count}`)
      await region.getByText(dead.againList(count)).click()
      t.equal(await region.locator('.dead-again li').count(), isMany ? 501 : 43, 'the list is bounded')
      t.match(
        await region.locator('.dead-again li').first().textContent(),
        /call sales .* global_call\.fifo AccessDenied .*no/s
      )
      if (isMany) await region.getByText(dead.moreLetters('143')).waitFor()
      t.equal(await left(), Number(count))
      await group('other').getByRole('button', { expanded: false }).click()
      await group('other').getByText(dead.tried('2')).first().waitFor()
      t.same(await violations(), [])
      t.same(faults, [])
    })

    t.test(`a message that is too large says how to make it fit (${locale})`, async (t) => {
      const { page, app } = await open(t, {}, { locale, maxBytes: 1_024 })
      await app.eventLog.accept([{ instance: 'sales', event: 'call', data: 'x'.repeat(1_100) }])
      await until(async () => (await app.eventLog.store.deadLetters.count()).count === 1)
      await page.reload()
      const { advice } = texts.dead
      t.match(advice.tooLarge, 'S3_BUCKET')
      await page.locator('.reasons').getByText(advice.tooLarge).waitFor()
      t.match(await page.locator('.reasons').innerText(), /IEV_SQS_PAYLOAD_TOO_LARGE × 1 /)
    })

    t.test(`all of a filter, and all of a group, are discarded after a confirmation (${locale})`, async (t) => {
      const { page, left, group, dialog } = await open(t, { sales: 120, other: 3, third: 1 }, { locale })
      const { dead, work } = texts
      await group('other')
        .getByRole('button', { name: `${dead.discard('3')}: ` })
        .click()
      await dialog.getByRole('heading', { name: dead.discardTitle('3') }).waitFor()
      await dialog.getByRole('button', { name: texts.cancel }).click()
      t.equal(await left(), 124, 'nothing is discarded without a confirmation')
      await group('other')
        .getByRole('button', { name: `${dead.discard('3')}: ` })
        .click()
      await dialog.getByRole('button', { name: dead.discard('3') }).click()
      await page.getByText(dead.counted('121')).waitFor()
      t.equal(await left(), 121)
      await page.getByRole('button', { name: texts.close }).click()

      await page.getByRole('combobox', { name: texts.instance }).fill('sales')
      await page.getByRole('button', { name: dead.discardAll('120') }).click()
      await dialog.getByRole('button', { name: dead.discard('120') }).click()
      await page.getByText(dead.noneOfFilter).waitFor()
      await page
        .getByRole('status')
        .getByText(`${work.progress('120', '120')} · ${work.finished}`)
        .waitFor()
      t.equal(await left(), 1, 'only those of the filter')
    })
  }

  t.test('all dead letters of a filter are redriven, with progress', async (t) => {
    const { page, t: texts, sqs, left, allow, dialog } = await open(t, { sales: 120 })
    allow()
    const held: (() => void)[] = []
    await page.route('**/sqs/deadletters/redrive', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue()
    })
    await page.getByRole('button', { name: texts.dead.redriveAll('120') }).click()
    await dialog.getByText(texts.dead.advice.accessDenied).waitFor()
    t.equal(held.length, 0, 'it asks before')
    await dialog.getByRole('button', { name: texts.dead.redrive('120') }).click()
    for (const done of ['0', '50', '100']) {
      await page.getByText(`${texts.dead.redriving}: ${texts.work.progress(done, '120')}`).waitFor()
      t.equal(await page.getByRole('progressbar').getAttribute('value'), done)
      await until(() => held.length > 0)
      held.shift()?.()
    }
    await page.getByText(`${texts.dead.sent('120')} · ${texts.dead.again('0')} · ${texts.work.finished}`).waitFor()
    await page.getByText(texts.dead.empty).waitFor()
    t.equal(await left(), 0)
    await until(() => sqs.depth('global_call.fifo') === 120)
  })

  t.test('a redrive is stopped, and what others have handled meanwhile is said', async (t) => {
    const { page, t: texts, app, left, allow, dialog } = await open(t, { sales: 120 })
    allow()
    const held: (() => void)[] = []
    await page.route('**/sqs/deadletters/redrive', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue()
    })
    await page.getByRole('button', { name: texts.dead.redriveAll('120') }).click()
    await dialog.getByRole('button', { name: texts.dead.redrive('120') }).click()
    await until(() => held.length > 0)
    await app.sqs.deadLetters.discard({ ids: [1, 2, 3] })
    held.shift()?.()
    await until(() => held.length > 0)
    held.shift()?.()
    await page.getByText(texts.dead.gone('3')).waitFor()
    await page.getByRole('button', { name: texts.work.stop }).click()
    await until(() => held.length > 0)
    held.shift()?.()
    await page.getByText(texts.work.stopped).waitFor()
    await until(async () => (await left()) === 20)
    await page.getByText(texts.dead.counted('20')).waitFor()
    t.equal(held.length, 0, 'nothing more is redriven')
  })

  t.test('chosen dead letters are redriven, or discarded after a confirmation', async (t) => {
    const { page, t: texts, sqs, left, allow, dialog } = await open(t, { sales: 4 })
    allow()
    const boxes = page.locator('.letter').getByRole('checkbox')
    await boxes.first().check()
    await boxes.nth(1).check()
    await page.getByRole('button', { name: texts.dead.redriveChosen('2') }).click()
    await page.getByText(texts.work.finished).waitFor()
    t.same(
      (await sqs.bodies('global_call.fifo', 2)).map(({ data }) => data),
      [0, 1]
    )
    await page.locator('.letter').first().getByRole('button', { name: texts.dead.discardOne }).click()
    await dialog.getByRole('button', { name: texts.cancel }).click()
    t.equal(await left(), 2, 'after a cancelled confirmation, nothing is discarded')
    await page.getByLabel(texts.dead.chooseAll).check()
    await page.getByRole('button', { name: texts.dead.discardChosen('2') }).click()
    await dialog.getByRole('button', { name: texts.dead.discard('2') }).click()
    await page.getByText(texts.dead.empty).waitFor()
    t.equal(await left(), 0)
  })
})
