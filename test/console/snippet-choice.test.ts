import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'

t.test('the page of an instance offers code for queues, sockets, streams and its hub', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, { sqs: sqs.options })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await app.websocket.set('sales', { enabled: true })
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    const { page, signIn, violations, faults } = await openConsole(t, browser, url, {
      locale,
      hash: '#/instances/sales'
    })
    await signIn()
    await page.locator('summary').filter({ hasText: texts.hubWebhook.title }).click()
    const shown = async (title: string, choice?: string) => {
      const code = page.getByRole('region', { name: title, exact: true }).last()
      if (choice !== undefined) await page.getByRole('radio', { name: choice, exact: true }).check()
      return code.innerText()
    }
    const { connect, connectQueue, hubWebhook } = texts
    for (const [code, part] of [
      [await shown(connectQueue.title, 'Node.js'), 'SQSClient'],
      [await shown(connectQueue.title, 'Python'), 'boto3'],
      [await shown(connectQueue.title, 'PHP'), 'SqsClient'],
      [await shown(connectQueue.title, 'n8n'), '"nodes"'],
      [await shown(connect.title, 'socket.io-client'), "'socket.io-client'"],
      [await shown(connect.title, connect.stream), 'curl -sSN'],
      [await shown(hubWebhook.title), '/webhook/set/sales']
    ] as const)
      t.ok(code.includes(part), `${part} (${locale})`)
    t.same(await violations(), [], locale)
    t.same(faults, [], locale)
  }
})
