import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

t.test('the overview names queues with other attributes than new ones have', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const events = Array.from({ length: 22 }, (_, n) => `kind.${String(n).padStart(2, '0')}`)
  for (const event of events)
    sqs.server.createQueue(`global_${event.replace('.', '_')}.fifo`, { attributes: { FifoQueue: 'true' } })
  const { app, url } = await listen(t, {
    eventLog: { events: { names: events, replace: true } },
    sqs: { ...sqs.options, global: {}, queueAttributes: { shared: { delaySeconds: 7 } } }
  })
  await until(() => app.sqs.differingQueues.count === 22)
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    const { page, signIn, faults } = await openConsole(t, browser, url, { locale, hash: '#/overview' })
    await signIn()
    const card = page.locator('#differing-queues')
    await card.getByText(texts.queues.differing).waitFor()
    const [first] = app.sqs.differingQueues.queues
    await card.getByText(String(first?.name)).waitFor()
    t.equal(await card.getByText(texts.queues.other('DelaySeconds', '0', '7')).count(), 20)
    await card.getByText(texts.queues.differingMore('2'), { exact: true }).waitFor()
    t.same(faults, [], locale)
  }
})
