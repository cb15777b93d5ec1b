import type { Page } from 'playwright-core'
import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** More tab stops than any page has. */
const MAX_STOPS = 120

/** Moves the focus in a page by the Tab key. */
function tabsIn(page: Page) {
  const focused = () =>
    page.evaluate<string>(`(() => {
      const { ariaLabel, labels, innerText, tagName } = document.activeElement
      return ariaLabel ?? labels?.[0]?.innerText ?? (tagName === 'BODY' ? '' : innerText)
    })()`)
  async function tab(what: string, isThere: () => Promise<boolean>): Promise<void> {
    for (let stop = 0; stop < MAX_STOPS; stop++) {
      if (await isThere()) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`The keyboard does not lead to "${what}"`)
  }
  return {
    /** Presses Tab until the element with this name has the focus. */
    to: (name: string) => tab(name, async () => (await focused()).trim().split('\n')[0] === name),
    /** Presses Tab until an element that a CSS selector matches has the focus. */
    toMatch: (selector: string) =>
      tab(selector, () => page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`))
  }
}

t.test('every step from sign-in to an event in a queue works by keyboard', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { url } = await listen(t, { sqs: sqs.options })
  const { page, t: texts, faults } = await openConsole(t, browser, url)
  const { to } = tabsIn(page)

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

t.test('choices, groups, searches, dialogs and the menu work by keyboard', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, {
    sqs: { ...sqs.options, maxPayloadBytes: 1_024, global: { events: ['CALL'] } }
  })
  await app.eventLog.accept([
    { instance: 'sales', event: 'call', data: 'x'.repeat(1_100) },
    { instance: 'sales', event: 'presence.update', data: 'needle' }
  ])
  const letters = async () => (await app.eventLog.store.deadLetters.count()).count
  await until(async () => (await letters()) === 1)

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const { page, signIn, go, faults } = await openConsole(t, browser, url, { locale, hash: '#/instances' })
      const { to, toMatch } = tabsIn(page)
      const press = (key: string) => page.keyboard.press(key)
      await signIn()
      await page.getByRole('link', { name: 'sales', exact: true }).waitFor()
      await to(texts.instances.choose('sales'))
      await press('Space')
      await page.getByRole('button', { name: texts.instances.setChosen('1') }).focus()
      await press('Enter')
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      await press('Escape')
      // The dialog gives the focus back.
      await page.locator('button:focus').getByText(texts.instances.setChosen('1')).waitFor()
      await to(texts.activity.lastEvent)
      await press('Enter')
      await page.locator('th[aria-sort=descending]').waitFor()

      await go('#/dead-letters')
      await page.locator('.group-open').waitFor()
      await toMatch('.group-open')
      if ((await page.locator('.group-open').getAttribute('aria-expanded')) === 'false') await press('Enter')
      await page.locator('.letter').waitFor()
      await toMatch('.letter button.danger')
      await press('Enter')
      await dialog.waitFor()
      await press('Escape')
      t.equal(await letters(), 1, 'nothing is discarded without a confirmation')

      await go('#/history')
      await page.getByRole('listbox').getByRole('option').first().waitFor()
      await toMatch('form[role=search] input')
      await page.keyboard.type('needle')
      await press('Enter')
      await page.getByRole('listbox').getByRole('option').filter({ hasText: 'needle' }).waitFor()
      await toMatch('[role=listbox]')
      await press('ArrowDown')
      await press('Enter')
      await page.locator('.inspector:focus').waitFor()
      await to(`${texts.log.resend}…`)
      await press('Enter')
      await dialog.waitFor()
      await press('Escape')
      await page.locator('.event-actions button:focus').waitFor()
      await press('Escape')
      await page.locator('.inspector').waitFor({ state: 'detached' })
      await page.locator('[role=listbox]:focus').waitFor()

      await page.setViewportSize({ width: 390, height: 740 })
      const menu = page.getByRole('button', { name: texts.menu })
      await menu.focus()
      await press('Enter')
      await to(texts.pages.live)
      await press('Enter')
      await page.getByRole('heading', { level: 1, name: texts.pages.live }).waitFor()
      // A chosen page closes the menu.
      await page.getByLabel(texts.language).waitFor({ state: 'hidden' })
      await menu.focus()
      await press('Enter')
      await page.getByLabel(texts.language).waitFor()
      await press('Escape')
      await page.getByLabel(texts.language).waitFor({ state: 'hidden' })
      t.same(faults, [])
    })
  }
})
