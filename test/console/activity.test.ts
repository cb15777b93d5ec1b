import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { until } from '../support/until.ts'

t.test('activity of instances', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, {
    sqs: false,
    eventLog: { silenceAfterMinutes: 30, operatorInstance: 'ops' }
  })
  const { now } = Date
  const past = t.intercept(Date, 'now', { value: () => now() - 2_700_000, configurable: true })
  await app.onInstanceEvent({ instance: 'sales', event: 'connection.update', data: { state: 'open' } })
  past.restore()
  await app.onInstanceEvent({ instance: 'support', event: 'call', data: 1 })
  await app.eventLog.instances.create({ name: 'unused', token: 'token-of-unused' })
  await app.eventLog.silences.look()

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(
      `the overview lists the silent instance first, lists and pages show the last event (${locale})`,
      async (t) => {
        const { page, signIn, go, faults, violations, overflow } = await openConsole(t, browser, url, { locale })
        await signIn()
        const { activity, tables } = texts
        const table = page.locator('#instances')
        await table.getByText(activity.silentCount('1')).waitFor()
        t.match(await table.locator('tbody tr').allInnerTexts(), [
          new RegExp(
            `^sales ${activity.silent}.*${tables.ago('45.?m.*')}.*connection\\.update.*${activity.states.open}.*0.*0.*0$`,
            's'
          ),
          new RegExp(`^support.*${tables.ago('.*')}.*call.*${activity.unknown}.*1.*0.*0$`, 's')
        ])
        t.match(await page.locator('.health-line').innerText(), texts.health.silent('sales'))
        await table.getByRole('link', { name: tables.allInstances }).waitFor()
        t.same(await violations(), [])
        t.ok((await overflow()) <= 0)

        await go('#/instances')
        const row = (name: string) => page.getByRole('row').filter({ hasText: name })
        await row('sales').getByText(activity.silent).waitFor()
        t.match(await row('support').innerText(), /call · /)
        t.match(await row('unused').innerText(), activity.noEvent)
        const created = row('unused').locator('td').last()
        t.ok(
          (await created.getAttribute('title'))?.startsWith(await created.innerText()),
          'the date, with its time on demand'
        )
        t.same(await violations(), [])

        await go('#/instances/sales')
        await page.getByText(activity.connection, { exact: true }).waitFor()
        t.match(
          await page.locator('.facts-list').first().innerText(),
          new RegExp(`connection\\.update · .*${activity.states.open}`, 's')
        )

        const limit = page.getByLabel(activity.limit)
        const save = page.locator('form').filter({ has: limit }).getByRole('button', { name: texts.save })
        await limit.fill('45')
        await save.click()
        await page.getByText(texts.transports.saved).waitFor()
        t.equal(app.eventLog.instances.require('sales').silenceAfterMinutes, 45)
        await limit.fill('')
        await save.click()
        await until(() => app.eventLog.instances.require('sales').silenceAfterMinutes === null)
        t.same(await violations(), [])

        await go('#/instances/ops')
        await page.getByRole('heading', { name: 'ops' }).waitFor()
        t.equal(await page.getByLabel(activity.limit).count(), 0)
        await page.getByRole('switch').nth(0).check()
        await page
          .getByText('OPERATOR_INSTANCE_SILENT')
          .or(page.getByText('operator.instance-silent'))
          .first()
          .waitFor()
        t.equal(await page.getByText('messages.upsert').count(), 0)
        t.same(faults, [])
      }
    )
  }
})
