import t, { type Test } from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

t.test('the page of dead letters', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  /** The page with `count` dead letters. SQS denies access until `allow` is called. */
  async function open(t: Test, count: number) {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const { app, url } = await listen(t, {
      sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1, global: { events: ['CALL'] } }
    })
    proxy.decide = ({ action }) =>
      action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no permission' } : undefined
    await app.eventLog.accept(Array.from({ length: count }, (_, data) => ({ instance: 'sales', event: 'call', data })))
    const left = async () => (await app.eventLog.store.deadLetters.count()).count
    await until(async () => (await left()) === count)
    const allow = () => {
      proxy.decide = () => undefined
    }
    const console = await openConsole(t, browser, url, { hash: '#/dead-letters' })
    await console.signIn()
    return { ...console, sqs, left, allow }
  }

  t.test('a dead letter is shown with its reason and its payload', async (t) => {
    const { page, t: texts, faults } = await open(t, 2)
    const letter = page.getByRole('listitem').filter({ hasText: 'global_call.fifo' }).first()
    await letter.waitFor()
    t.match(await letter.innerText(), /call sales .*AccessDenied no permission/s)
    await letter.locator('summary').click()
    await letter.getByText('"data": 0').or(letter.getByRole('region')).first().waitFor()
    t.match(await letter.getByRole('region', { name: texts.dead.payload }).innerText(), /"instance": "sales"/)
    await page.getByRole('navigation', { name: texts.navigation }).getByText('2', { exact: true }).waitFor()
    t.same(faults, [])
  })

  t.test('all dead letters of a filter are redriven, with progress', async (t) => {
    const { page, t: texts, sqs, left, allow } = await open(t, 120)
    allow()
    const held: (() => void)[] = []
    await page.route('**/sqs/deadletters/redrive', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue()
    })
    await page.getByRole('button', { name: texts.dead.redriveAll }).click()
    for (const done of ['0', '50', '100']) {
      await page.getByText(texts.dead.progress(done, '120')).waitFor()
      t.equal(await page.getByRole('progressbar').getAttribute('value'), done)
      await until(() => held.length > 0)
      held.shift()?.()
    }
    await page.getByText(texts.dead.finished).waitFor()
    await page.getByText(texts.dead.empty).waitFor()
    t.equal(await left(), 0)
    await until(() => sqs.depth('global_call.fifo') === 120)
  })

  t.test('chosen dead letters are redriven, or discarded after a confirmation', async (t) => {
    const { page, t: texts, sqs, left, allow } = await open(t, 4)
    allow()
    const boxes = page.getByRole('listitem').getByRole('checkbox')
    await boxes.first().check()
    await boxes.nth(1).check()
    await page.getByRole('button', { name: texts.dead.redrive('2'), exact: true }).click()
    await page.getByText(texts.dead.finished).waitFor()
    t.same(
      (await sqs.bodies('global_call.fifo', 2)).map(({ data }) => data),
      [0, 1]
    )
    await page
      .getByRole('button', { name: new RegExp(`^${texts.dead.discardOne}: `) })
      .first()
      .click()
    await page.getByRole('dialog').getByRole('button', { name: texts.cancel }).click()
    t.equal(await left(), 2, 'after a cancelled confirmation, nothing is discarded')
    await page.getByLabel(texts.dead.chooseAll).check()
    await page.getByRole('button', { name: texts.dead.discard('2') }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: texts.dead.discard('2') })
      .click()
    await page.getByText(texts.dead.empty).waitFor()
    t.equal(await left(), 0)
  })
})
