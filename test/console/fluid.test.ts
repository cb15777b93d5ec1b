import t from 'tap'
import { en } from '../../console/texts/en.ts'
import { blankInstance, type MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'

const INSTANCES = 100_000
/** A second of a busy server. */
const SECOND = Array.from({ length: 200 }, (_, n) => ({ instance: 'sales', event: 'call', data: { n } }))
/** Rows that fit into the window, with those beside them. */
const MOST_ROWS = 60

/** Counts the frames of the page, and how often its list has changed. */
const COUNT = `
  counted = { frames: 0, changes: 0 };
  (function frame() { counted.frames++; requestAnimationFrame(frame) })();
  new MutationObserver(() => counted.changes++)
    .observe(document.querySelector('.events'), { childList: true, subtree: true, characterData: true, attributes: true })`

t.test(
  'the work of a page does not grow with the rate of events, nor with the number of instances',
  { skip },
  async (t) => {
    const browser = await openBrowser(t, executable as string)

    t.test('events change the list once a frame, and only its visible rows', async (t) => {
      const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
      await app.websocket.set('sales', { enabled: true })
      const { page, signIn, faults } = await openConsole(t, browser, url, { hash: '#/live' })
      await signIn()
      const state = page.locator('.state').filter({ hasText: en.live.states.live })
      await state.waitFor()
      // The list holds where the pointer is.
      await page.mouse.move(5, 5)
      await app.onInstanceEvent(SECOND[0]!)
      await page.getByRole('listbox').getByRole('option').first().waitFor()
      await page.evaluate(COUNT)
      for (let seconds = 0; seconds < 5; seconds++) await app.onInstanceEvent(SECOND)
      await page.getByRole('option').filter({ hasText: '1,001' }).first().waitFor()
      const { frames, changes } = await page.evaluate<{ frames: number; changes: number }>('counted')
      // The rows, then the widths of columns.
      t.ok(changes <= 2 * frames + 2, `${changes} changes in ${frames} frames`)
      t.ok((await page.getByRole('listbox').getByRole('option').count()) < MOST_ROWS)
      t.same(faults, [])
    })

    t.test('of 100,000 instances, a page asks for those that it shows', async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      // Of the store that is opened by URL; `put` spares a commit each.
      const instances = app.eventLog.instances as MemoryDirectory
      for (let key = 1; key <= INSTANCES; key++) instances.put({ ...blankInstance(`São Paulo ${key}`), key })
      for (let key = 1; key <= 20; key++)
        await app.onInstanceEvent({ instance: `São Paulo ${key}`, event: 'call', data: 1 })
      const { page, signIn, faults } = await openConsole(t, browser, url, { hash: '#/overview' })
      const replies: number[] = []
      page.on('response', async (response) => {
        if (/overview|fetchInstances/.test(response.url())) replies.push((await response.body().catch(() => '')).length)
      })
      await signIn()
      const rows = page.locator('tbody tr')
      await page.locator('#instances tbody tr').first().waitFor()
      t.ok((await rows.count()) <= 15)
      await page.goto(`${url}/console/#/instances`)
      await page.getByText('1–100 of 100,000').first().waitFor()
      t.equal(await rows.count(), 100)
      await page.getByRole('button', { name: en.next }).first().click()
      await page.getByText('101–200 of 100,000').first().waitFor()
      t.equal(await rows.count(), 100)
      await page.getByRole('searchbox').fill('sao paulo 99999')
      await page.getByText('1–1 of 1').first().waitFor()
      t.equal(await rows.count(), 1)
      t.ok(replies.length >= 4)
      t.ok(Math.max(...replies) < 200_000, `the largest reply has ${Math.max(...replies)} bytes`)
      t.same(faults, [])
    })
  }
)
