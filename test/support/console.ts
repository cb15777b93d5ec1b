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
export const skip = executable === undefined && 'no Chromium found: install one, or say where it is in CHROMIUM_PATH'

/** A browser on a slow machine, and the overview's two seconds. */
const PATIENCE_MS = 20_000

export interface Console {
  page: Page
  t: Texts
  /** What the page did wrong: exceptions, and what its policy forbade. */
  faults: string[]
  signIn(key?: string): Promise<void>
  /** Goes to a page by its address, as a bookmark does. */
  go(hash: string): Promise<void>
  /** Violations that axe calls serious or critical. */
  violations(): Promise<string[]>
  /** Pixels by which the page is wider than its window. */
  overflow(): Promise<number>
}

export interface ConsoleOptions extends BrowserContextOptions {
  locale?: string
}

/** The console of a server in a context of its own; closed after the test. */
export async function openConsole(
  t: Test,
  browser: Browser,
  url: string,
  { locale = 'en', ...options }: ConsoleOptions = {}
): Promise<Console> {
  const context = await browser.newContext({ locale, viewport: { width: 1280, height: 860 }, ...options })
  t.after(() => context.close())
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) faults.push(message.text())
  })
  await page.goto(`${url}/console`)
  const texts = LANGUAGES[locale] ?? en
  return {
    page,
    t: texts,
    faults,
    async signIn(key = API_KEY) {
      await page.getByLabel(texts.signIn.key).fill(key)
      await page.getByRole('button', { name: texts.signIn.submit }).click()
      await page.getByRole('button', { name: texts.signOut }).waitFor()
    },
    async go(hash) {
      await page.goto(`${url}/console/${hash}`)
    },
    async violations() {
      // As text: it is for the browser, whose types the tests do not have.
      await page.evaluate(axe.source)
      const found = await page.evaluate<axe.Result[]>(`axe.run().then(({ violations }) => violations)`)
      return found
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
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
