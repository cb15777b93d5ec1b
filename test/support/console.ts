import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { en, type Texts } from '../../console/texts/en.ts'
import { ptBr } from '../../console/texts/pt-br.ts'
import { findChromium } from './browser.ts'
import { API_KEY } from './build.ts'

export const LANGUAGES: Record<string, Texts> = { en, 'pt-BR': ptBr }

export const executable = findChromium()
export const skip = executable === undefined && 'no Chromium found: install one, or set CHROMIUM_PATH'

/** Time for a browser on a slow machine. */
const PATIENCE_MS = 20_000

export interface Console {
  page: Page
  t: Texts
  /** Exceptions of the page, and violations of its Content-Security-Policy. */
  faults: string[]
  signIn(key?: string): Promise<void>
  /** Goes to a page by its URL, as a bookmark does. */
  go(hash: string): Promise<void>
  /** Violations found by axe. @param rules @default all */
  violations(rules?: string[]): Promise<string[]>
  /** Pixels by which the page is wider than its window. */
  overflow(): Promise<number>
}

export interface ConsoleOptions extends BrowserContextOptions {
  locale?: string
  /** The page to open, such as `#/live/sales`. */
  hash?: string
}

/** The console of a server in its own browser context; closed after the test. */
export async function openConsole(
  t: Test,
  browser: Browser,
  url: string,
  { locale = 'en', hash = '', ...options }: ConsoleOptions = {}
): Promise<Console> {
  const context = await browser.newContext({ locale, viewport: { width: 1280, height: 860 }, ...options })
  t.after(async () => {
    // Handlers of routes that still run fail when the context is closed.
    for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) faults.push(message.text())
  })
  await page.goto(`${url}/console${hash}`)
  const texts = LANGUAGES[locale] ?? en
  return {
    page,
    t: texts,
    faults,
    async signIn(key = API_KEY) {
      await page.getByLabel(texts.signIn.key).fill(key)
      await page.getByRole('button', { name: texts.signIn.submit }).click()
      // On a phone it is in the menu.
      await page.getByRole('button', { name: texts.signOut, includeHidden: true }).waitFor({ state: 'attached' })
    },
    async go(hash) {
      await page.goto(`${url}/console/${hash}`)
    },
    async violations(rules) {
      // Text instead of functions, because the tests do not have the types of browsers.
      if (await page.evaluate<boolean>('typeof axe === "undefined"')) await page.evaluate(axe.source)
      const options = JSON.stringify(rules ? { runOnly: rules } : {})
      const found = await page.evaluate<axe.Result[]>(`axe.run(${options}).then(({ violations }) => violations)`)
      return found.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary}`)
      )
    },
    overflow: () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  }
}

/** Realistic data of an event. */
export function template(event: string): unknown {
  const path = new URL('../../console/templates.json', import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)[event]
}
