import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { en } from '../../console/texts/en.ts'
import { findChromium } from '../../test/support/browser.ts'
import type { Bench } from '../harness/bench.ts'
import { API_KEY } from '../latency/live-server.ts'
import type { ConsoleServer } from './server.ts'
import { CATEGORIES, type Tasks, tasksOf } from './tasks.ts'

const INSTANCES = 100_000
const PER_SECOND = 200
const WATCHED_MS = 10_000

/** What a person does in the console. */
type Step = (page: Page) => Promise<unknown>

export interface ConsoleStep extends Tasks {
  step: string
  seconds: number
  framesPerSecond: number
}

/** How long a page is watched that changes by itself. */
function watch(ms: number): Step {
  return async (page) => {
    // The list of live events holds where the pointer is.
    await page.mouse.move(5, 5)
    await pause(ms)
  }
}

const open =
  (hash: string): Step =>
  (page) =>
    page.evaluate(`location.hash = ${JSON.stringify(hash)}`)

/** The list is filled, and shows what is searched for. */
async function listed(page: Page, text: string): Promise<void> {
  await page.locator('tbody tr').filter({ hasText: text }).first().waitFor()
}

/** @param ms how long to watch pages that change */
const stepsOf = (ms: number): Record<string, Step[]> => ({
  'overview: opened and watched': [open('#/overview'), watch(ms)],
  'instances: opened': [open('#/instances'), (page) => listed(page, 'São Paulo 1')],
  'instances: the next page': [
    (page) => page.getByRole('button', { name: en.next }).click(),
    (page) => page.getByText('101–200').first().waitFor()
  ],
  'instances: searched': [
    (page) => page.getByRole('searchbox').fill('sao paulo 99999'),
    (page) => page.getByText('1–1 of 1').first().waitFor()
  ],
  'live: opened and watched': [open('#/live'), watch(ms)],
  'live: an event opened, and watched': [
    (page) => page.getByRole('listbox').getByRole('option').nth(3).click(),
    watch(ms)
  ],
  'live: all new events shown': [
    (page) => page.locator('.browser-bar button').click(),
    (page) => page.keyboard.press('Escape'),
    () => pause(1_000)
  ],
  'live: paused and resumed': [
    (page) => page.getByRole('button', { name: en.live.pause }).click(),
    () => pause(2_000),
    (page) => page.locator('.stream-bar button').first().click(),
    () => pause(1_000)
  ],
  'history: opened': [open('#/history'), (page) => page.getByRole('listbox').getByRole('option').first().waitFor()],
  'history: scrolled': [
    async (page) => {
      await page.getByRole('listbox').focus()
      for (let pages = 0; pages < 20; pages++) await page.keyboard.press('PageDown')
    }
  ],
  'an instance: opened': [
    open('#/instances/S%C3%A3o%20Paulo%2099999'),
    (page) => page.getByRole('switch').first().waitFor()
  ]
})

/**
 * Whether the console stays fluid at 200 events a second, with 100,000 instances: the tasks of its page while a person uses it, and
 * the frames. @throws a page does not show what it should
 */
export default async function consoleBench(bench: Bench): Promise<object> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('No Chromium found: install one, or set CHROMIUM_PATH')
  const server = bench.start<ConsoleServer>(new URL('server.ts', import.meta.url))
  const port = await server.call('listen', bench.folder(), INSTANCES)
  await server.call('begin', PER_SECOND)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await signIn(browser, `http://127.0.0.1:${port}/console`)
    const lines: ConsoleStep[] = []
    for (const [step, acts] of Object.entries(stepsOf(bench.quick ? 1_000 : WATCHED_MS)))
      lines.push(await measure({ browser, page, step, acts }))
    console.table(Object.fromEntries(lines.map(({ step, ...line }) => [step, rounded(line)])))
    return lines
  } finally {
    await browser.close()
    await server.call('end')
  }
}

async function signIn(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ locale: 'en', viewport: { width: 1280, height: 860 } })
  await page.goto(url)
  await page.getByLabel(en.signIn.key).fill(API_KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: en.signOut }).waitFor()
  await page.evaluate(`frames = 0; (function count() { frames++; requestAnimationFrame(count) })()`)
  return page
}

async function measure(options: { browser: Browser; page: Page; step: string; acts: Step[] }): Promise<ConsoleStep> {
  const { browser, page, step, acts } = options
  await browser.startTracing(page, { categories: CATEGORIES })
  const before = await page.evaluate<number>('frames')
  const begun = performance.now()
  for (const act of acts) await act(page)
  const seconds = (performance.now() - begun) / 1_000
  const frames = (await page.evaluate<number>('frames')) - before
  const tasks = tasksOf((await browser.stopTracing()).toString())
  return { step, seconds, ...tasks, framesPerSecond: frames / seconds }
}

function rounded<T extends Record<string, number>>(line: T): T {
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [name, Math.round(value * 10) / 10])) as T
}
