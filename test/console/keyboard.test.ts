import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'

/** More tab stops than any page has. */
const MAX_STOPS = 120

t.test('every step from sign-in to an event in a queue works by keyboard', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { url } = await listen(t, { sqs: sqs.options })
  const { page, t: texts, faults } = await openConsole(t, browser, url)
  const focused = () =>
    page.evaluate<string>(`(() => {
      const { ariaLabel, labels, innerText, tagName } = document.activeElement
      return ariaLabel ?? labels?.[0]?.innerText ?? (tagName === 'BODY' ? '' : innerText)
    })()`)
  /** Presses Tab until the element with this name has the focus. */
  async function to(name: string): Promise<void> {
    for (let stop = 0; stop < MAX_STOPS; stop++) {
      if ((await focused()).trim().split('\n')[0] === name) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`The keyboard does not lead to "${name}"`)
  }

  // The field has the initial focus.
  await page.getByLabel(texts.signIn.key).waitFor()
  await page.keyboard.type(API_KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: texts.pages.overview }).waitFor()

  await to(texts.skipToContent)
  await to(texts.pages.instances)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: texts.pages.instances }).waitFor()

  await to(texts.instances.create)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await to(texts.create.name)
  await page.keyboard.type('sales')
  await page.keyboard.press('Enter')
  await page.getByText(texts.token.once).waitFor()
  await to(texts.create.next)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'sales' }).waitFor()
  t.equal(await page.getByRole('dialog').count(), 0, 'the dialog is closed with its page')

  await to(texts.transports.sqs.enable)
  await page.keyboard.press('Space')
  await to(texts.none)
  await page.keyboard.press('Space')
  await to('messages.upsert')
  await page.keyboard.press('Space')
  await to(texts.save)
  await page.keyboard.press('Enter')
  await page.getByText('sales_messages_upsert.fifo', { exact: true }).waitFor()
  t.equal(sqs.depth('sales_messages_upsert.fifo'), 0, 'the queue exists')
  t.equal(sqs.depth('sales_call.fifo'), undefined, 'no other queue exists')

  await to(texts.pages.send)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: texts.pages.send }).waitFor()
  await to(texts.instance)
  await page.keyboard.type('sales')
  await to(texts.send.submit)
  await page.keyboard.press('Enter')
  await page.getByText(/^Accepted as /).waitFor()
  const [message] = await sqs.bodies('sales_messages_upsert.fifo', 1)
  t.match(message, { event: 'messages.upsert', instance: 'sales', data: { pushName: 'Maria Souza' } })
  t.same(faults, [])
})
