import t, { type Test } from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'

const JID = '5511999999999@s.whatsapp.net'
const TOKEN = 'token-of-sales'

t.test('erasing events of an instance', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  /** The page of an instance as its tenant sees it, with the dialog open. */
  async function open(t: Test, options: Parameters<typeof listen>[1], locale = 'en') {
    const { app, url } = await listen(t, options)
    await app.eventLog.instances.create({ name: 'sales', token: TOKEN })
    const shown = await openConsole(t, browser, url, { hash: '#/instance/sales', locale })
    await shown.signIn(TOKEN)
    const { page, t: texts } = shown
    await page.getByRole('button', { name: texts.erasure.action }).click()
    const dialog = page.getByRole('dialog')
    const start = dialog.getByRole('button', { name: texts.erasure.start, exact: true })
    const confirm = () => dialog.getByLabel(texts.danger.typeName('sales')).fill('sales')
    const values = async (limit = 10) =>
      (await app.eventLog.store.log.read({ after: 0, limit })).map(({ data }) => data)
    return { ...shown, app, dialog, start, confirm, values }
  }

  t.test('a tenant erases what names a contact, with progress, and may stop and start again', async (t) => {
    const {
      page,
      app,
      dialog,
      start,
      confirm,
      t: texts,
      faults,
      violations
    } = await open(t, { sqs: false, websocket: false }, 'pt-BR')
    for (let at = 0; at < 10_500; at += 500)
      await app.eventLog.accept(
        Array.from({ length: 500 }, (_, n) => ({ instance: 'sales', event: 'call', data: n === 0 ? [JID] : n }))
      )
    const held: (() => void)[] = []
    await page.route('**/events/sales/erase', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue().catch(() => {})
    })
    await dialog.getByRole('textbox', { name: texts.erasure.jid }).fill(JID)
    t.equal(await start.isDisabled(), true, 'it is not confirmed')
    await confirm()
    await start.click()
    await until(() => held.length === 1)
    held.shift()?.()
    await dialog.getByText(texts.erasure.progress('10.000', '20')).waitFor()
    t.equal(await dialog.getByRole('progressbar').getAttribute('value'), '10000')
    t.same(await violations(), [])
    await dialog.getByRole('button', { name: texts.erasure.stop }).click()
    await dialog.getByText(texts.erasure.stopped).waitFor()
    held.splice(0).forEach((release) => release())
    await page.unroute('**/events/sales/erase')
    await start.click()
    await dialog.getByText(`${texts.erasure.progress('10.500', '21')} ${texts.erasure.finished}`).waitFor()
    await dialog.getByRole('button', { name: texts.close }).click()
    t.equal(await dialog.count(), 0)
    t.same(faults, [])
  })

  t.test('what SQS and S3 have of erased events is shown, and errors as well', async (t) => {
    const { sqs, proxy, options } = await startProxiedSqs(t)
    sqs.server.createBucket('large')
    const {
      page,
      app,
      dialog,
      start,
      confirm,
      values,
      t: texts
    } = await open(t, {
      sqs: {
        ...options,
        maxAttempts: 1,
        shutdownTimeoutMs: 100,
        maxPayloadBytes: 4_096,
        global: { events: ['CALL'] },
        s3: { ...options, bucket: 'large', prefix: 'hub' }
      }
    })
    const refuse = { status: 403, code: 'AccessDenied', message: 'no' }
    const { deliveries, deadLetters } = app.eventLog.store
    const call = (id: string, text: string) => app.onInstanceEvent({ instance: 'sales', event: 'call', id, data: text })
    await call('a', 'x'.repeat(9_000))
    await call('b', 'sent')
    await until(() => deliveries.pendingCount() === 0)
    proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? refuse : undefined)
    await call('c', 'dead')
    await until(async () => (await deadLetters.count()).count === 1)
    proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? 'silence' : undefined)
    await call('d', 'pending')

    await dialog.getByRole('textbox', { name: texts.erasure.jid }).fill('5511999999999')
    await confirm()
    await start.click()
    await dialog.getByText('body.jid must be a WhatsApp JID').waitFor()
    await dialog.getByLabel(texts.erasure.by).selectOption('ids')
    await dialog.getByRole('textbox', { name: texts.erasure.ids }).fill('a\n b \n\nc\nd\nnone')
    await start.click()
    for (const text of [
      `${texts.erasure.progress('4', '4')} ${texts.erasure.finished}`,
      texts.erasure.delivered('2'),
      texts.erasure.pending('1'),
      texts.erasure.deadLetters('1'),
      texts.erasure.objects('1'),
      texts.erasure.missing('none')
    ])
      await dialog.getByText(text).waitFor()
    t.strictSame(await values(), Array(4).fill('null'))

    proxy.decide = ({ headers }) => (headers['x-amz-target'] === undefined ? refuse : undefined)
    await dialog.getByRole('textbox', { name: texts.erasure.ids }).fill('a')
    await start.click()
    await dialog.getByText('hub/sales/1-a.json').waitFor()
    await page.keyboard.press('Escape')
    await until(async () => (await dialog.count()) === 0)
    t.equal(await dialog.count(), 0)
  })
})
