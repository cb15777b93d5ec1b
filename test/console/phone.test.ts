import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const TABLET = { viewport: { width: 768, height: 900 } }
const PHONE = { viewport: { width: 390, height: 740 }, hasTouch: true }

/** The short words of the table of instances that lie on two lines; names of instances may break. */
const BROKEN_WORDS = `(() => {
  const broken = []
  const texts = document.createTreeWalker(document.querySelector('#instances table'), NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text; text = texts.nextNode())
    if (!text.parentElement.closest('a')) for (const { 0: word, index } of text.data.matchAll(/\\S{2,30}/g)) {
      const range = document.createRange()
      range.setStart(text, index)
      range.setEnd(text, index + word.length)
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(word)
    }
  return broken
})()`

t.test('on a tablet, lists of instances and of dead letters are cards', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, {
    sqs: { ...sqs.options, maxPayloadBytes: 1_024, global: { events: ['CALL'] } }
  })
  await app.eventLog.accept([{ instance: 'sales', event: 'call', data: 'x'.repeat(1_100) }])
  await app.websocket.set('sales', { enabled: true })
  await app.eventLog.accept([
    { instance: 'atendimento-da-loja-central-de-campinas', event: 'messaging-history.set', data: 1 }
  ])
  await until(async () => (await app.eventLog.store.deadLetters.count()).count === 1)
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const { page, signIn, go, overflow } = await openConsole(t, browser, url, {
        locale,
        ...TABLET,
        hash: '#/instances'
      })
      await signIn()
      await page.getByRole('link', { name: 'sales', exact: true }).waitFor()
      await page.getByRole('cell').getByText(texts.instances.created).first().waitFor()
      t.equal(
        await page.evaluate(
          '(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector(".instances"))'
        ),
        0
      )
      const card = await page.getByRole('row').filter({ hasText: 'sales' }).innerText()
      for (const label of [texts.activity.lastEvent, texts.instances.counts]) t.match(card, `${label}: `)
      await go('#/overview')
      await page.locator('#instances').getByText(texts.activity.unknown, { exact: true }).first().waitFor()
      for (const width of [761, 768]) {
        await page.setViewportSize({ ...TABLET.viewport, width })
        t.strictSame(await page.evaluate(BROKEN_WORDS), [], 'words do not break')
        t.ok((await overflow()) <= 0)
      }

      await go('#/instances/sales')
      const group = page.getByRole('group', { name: texts.families.messages }).first()
      await group.waitFor()
      const [box, title] = [
        await group.locator('input').first().boundingBox(),
        await group.locator('span').first().boundingBox()
      ]
      t.ok((box?.y ?? 0) + (box?.height ?? 0) > (title?.y ?? Infinity), 'the box of a group stands beside its title')

      await go('#/dead-letters')
      const [text, times] = [page.locator('.group-text'), page.locator('.group-times')]
      await text.waitFor()
      const [above, below] = [await text.boundingBox(), await times.boundingBox()]
      t.ok((below?.y ?? 0) >= (above?.y ?? 0) + (above?.height ?? 0), 'the times are below the names')
    })
  }
})

t.test('the console on a phone', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, { sqs: false })
  await app.eventLog.accept([{ instance: 'sales', event: 'call', data: { n: 1 } }])

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`a menu has pages and preferences, rows have the instance, an event is a sheet (${locale})`, async (t) => {
      const { page, go, violations, overflow, faults } = await openConsole(t, browser, url, { locale, ...PHONE })
      await page.getByLabel(texts.signIn.key).fill(API_KEY)
      await page.keyboard.press('Enter')
      const menu = page.getByRole('button', { name: texts.menu })
      await menu.waitFor()
      const header = await page.locator('header').boundingBox()
      t.ok((header?.height ?? 0) <= 64, `the header is ${header?.height} pixels high`)
      t.equal(await page.getByRole('link', { name: texts.pages.history }).isVisible(), false)

      await menu.click()
      t.equal(await menu.getAttribute('aria-expanded'), 'true')
      await page.getByLabel(texts.language).waitFor()
      await page.getByRole('button', { name: texts.signOut }).waitFor()
      t.same(await violations(), [])
      await page.keyboard.press('Escape')
      await page.getByLabel(texts.language).waitFor({ state: 'hidden' })
      await menu.click()
      await page.getByRole('link', { name: texts.pages.history }).click()
      await page.getByRole('heading', { level: 1, name: texts.pages.history }).waitFor()
      // A chosen page closes the menu.
      await page.getByLabel(texts.language).waitFor({ state: 'hidden' })

      const row = page.getByRole('listbox').getByRole('option').first()
      await row.getByText('sales').waitFor()
      await row.click()
      const sheet = page.getByRole('region', { name: texts.inspector, exact: true })
      const box = await sheet.boundingBox()
      t.equal(Math.round((box?.y ?? 0) + (box?.height ?? 0)), 740, 'the sheet is at the lower edge of the window')
      t.same(await violations(), [])
      t.ok((await overflow()) <= 0)
      await page.getByRole('button', { name: texts.closeEvent }).click()
      await sheet.waitFor({ state: 'hidden' })

      await go('#/instances/sales')
      const heading = page.getByRole('heading', { name: texts.flow.title })
      const [width, facts] = [(await heading.boundingBox())?.width ?? 0, page.locator('.facts-list dd').first()]
      t.ok(width >= 200, `the heading of the drawing has ${width} pixels`)
      t.ok(((await facts.boundingBox())?.width ?? 0) > 120, 'facts have half of the width')
      t.same(faults, [])
    })
  }
})
