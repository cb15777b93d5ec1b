import { readFileSync } from 'node:fs'
import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'

const READMES: Record<string, string> = { en: 'README.md', 'pt-BR': 'README.pt-BR.md' }

/** The words in bold type in the numbered steps of a page, which the reader looks for in the console. */
function boldWords(page: string | undefined): string[] {
  const steps = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').match(/^\d+\. .*$/gm) ?? []
  return steps.flatMap((step) => Array.from(step.matchAll(/\*\*(.+?)\*\*/g), ([, word = '']) => word))
}

t.test('the steps with the mouse lead to an event in the history and in two queues', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const { pages, none, save, send } = texts
      t.strictSame(
        boldWords(READMES[locale]),
        [pages.instances, none, save, pages.send, send.submit, pages.history, pages.overview, pages.live],
        'the console has these words'
      )

      const sqs = await startSqs(t)
      const { url } = await listen(t, { sqs: { ...sqs.options, global: { events: ['MESSAGES_UPSERT'] } } })
      const { page, signIn } = await openConsole(t, browser, url, { locale })
      const main = page.getByRole('main')
      const goTo = (name: string) => page.getByRole('link', { name, exact: true }).first().click()
      await signIn()

      await goTo(pages.instances)
      await main.getByRole('button', { name: texts.instances.create }).first().click()
      await page.getByLabel(texts.create.name, { exact: true }).fill('sales')
      await page.getByRole('button', { name: texts.create.submit, exact: true }).click()
      await goTo(texts.create.next)

      for (const { title, enable } of [texts.transports.sqs, texts.transports.websocket]) {
        const card = page.getByRole('region', { name: title, exact: true })
        await card.getByText(enable).click()
        await card.getByRole('button', { name: none, exact: true }).click()
        await card.getByLabel('messages.upsert', { exact: true }).check()
        await card.getByRole('button', { name: save, exact: true }).click()
        await card
          .getByRole('status')
          .filter({ hasText: new RegExp(`^${texts.transports.saved}$`) })
          .waitFor()
      }
      await main.getByText('/sales_messages_upsert.fifo').first().waitFor()

      await goTo(pages.send)
      await main.getByLabel(texts.instance, { exact: true }).fill('sales')
      await main.getByRole('button', { name: send.submit }).click()
      await main.locator('.send .notice').waitFor()

      await goTo(pages.history)
      await main.locator('.events').getByRole('option').click()
      await page.getByRole('region', { name: texts.inspector }).getByText('messages.upsert').first().waitFor()

      await goTo(pages.overview)
      await main.getByText('sales_messages_upsert.fifo').first().waitFor()
      await main.getByText('global_messages_upsert.fifo').first().waitFor()
    })
  }
})
