import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, build, folder, listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { newEvent } from '../support/new-event.ts'
import { connect } from '../support/sockets.ts'

/** Closes an event as soon as it is open, before the browser paints it. */
const OPEN_AND_CLOSE = `(async () => {
  const press = (element, key) => element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  press(document.activeElement, 'ArrowDown')
  await Promise.resolve()
  press(document.activeElement, 'Enter')
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  press(document.querySelector('.inspector'), 'Escape')
})()`

t.test('the live page and the history', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  /** A page of the console, by default the live page of an instance. */
  async function open(t: Test, options: Partial<AppOptions> = {}, hash = '#/live/sales') {
    const { app, url } = await listen(t, { sqs: false, ...options })
    await app.websocket.set('sales', { enabled: true })
    const console = await openConsole(t, browser, url, { hash })
    await console.signIn()
    const { page, t: texts } = console
    const list = page.getByRole('listbox', { name: texts.live.list })
    const live = async () => {
      await page.getByRole('status').getByText(texts.live.states.live, { exact: true }).waitFor()
      // The list holds where the pointer is.
      await page.mouse.move(5, 5)
    }
    return { ...console, app, url, texts, list, live }
  }

  t.test('events are listed as they happen, newest first, and their content is shown', async (t) => {
    const { app, page, list, live, texts, faults } = await open(t)
    await live()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { n: 1 } })
    await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: { n: 2 } })
    await list.getByText('{"n":2}').waitFor()
    t.match(await list.getByRole('option').allInnerTexts(), [/messages\.upsert/, /call/])
    await list.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    t.match(await page.getByRole('region', { name: texts.wholeMessage }).innerText(), /"n": 1/)
    t.same(faults, [])
  })

  t.test('an event that is too large for a page is cut, and copied completely', async (t) => {
    const deep: unknown = JSON.parse('['.repeat(102) + ']'.repeat(102))
    const wide = Array.from({ length: 400_000 }, () => 0)
    const { app, page, list, live, texts, faults } = await open(t)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await live()
    const envelope = '"server_url":"","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"1"'
    for (const data of [deep, wide]) {
      // Routes do not accept events that are nested this deep.
      await app.eventLog.store.log.append([newEvent({ event: 'call', envelope, data: JSON.stringify(data) })])
      await list
        .getByRole('option')
        .filter({ hasText: data === deep ? '[[[' : '[0,0' })
        .click()
      await page.getByText(texts.jsonCut).waitFor()
      await page.getByRole('button', { name: `${texts.copy}: ${texts.wholeMessage}` }).click()
      await page.getByText(texts.copied).waitFor()
      const copied = await page.evaluate<string>(
        'navigator.clipboard.readText().then((text) => text.replace(/\\s/g, ""))'
      )
      t.ok(copied.includes(JSON.stringify(data)))
      await page.getByRole('button', { name: texts.live.clear }).click()
    }
    t.same(faults, [])
  })

  t.test('a paused list counts new events, and shows them on resume', async (t) => {
    const { app, page, list, live, texts } = await open(t)
    await live()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'before' })
    await list.getByText('"before"').waitFor()
    await page.getByRole('button', { name: texts.live.pause }).click()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'meanwhile' })
    await page.getByRole('button', { name: texts.live.resume('1') }).waitFor()
    await page.locator('.state.waiting').getByText(texts.live.states.paused).waitFor()
    t.equal(await list.getByText('"meanwhile"').count(), 0)
    await page.getByRole('button', { name: texts.live.resume('1') }).click()
    await list.getByText('"meanwhile"').waitFor()

    await page.getByRole('button', { name: texts.live.pause }).click()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'later' })
    await page.getByRole('button', { name: texts.live.resume('1') }).waitFor()
    await page.getByRole('button', { name: texts.live.clear }).click()
    await page.getByText(texts.live.empty).waitFor()
    await page.getByRole('button', { name: texts.live.resume('0') }).waitFor()
  })

  t.test('the list holds while it is hovered, focused by keyboard or an event is open', async (t) => {
    const { app, page, list, live, texts, violations } = await open(t)
    await live()
    let last = 0
    const send = async (count: number) => {
      const events = Array.from({ length: count }, () => ({ instance: 'sales', event: 'call', data: `n${++last}` }))
      await app.eventLog.accept(events)
    }
    const fresh = (count: number) => page.getByRole('button', { name: texts.live.showNew(String(count)) })
    const away = () => page.mouse.move(5, 5)
    await send(30)
    await list.getByText('"n30"').waitFor()

    const aimed = list.getByRole('option').nth(2)
    const name = await aimed.locator('.event-preview').innerText()
    const box = await aimed.boundingBox()
    const [x, y] = [(box?.x ?? 0) + 60, (box?.y ?? 0) + 10] as const
    await page.mouse.move(x, y)
    await send(12)
    await fresh(12).waitFor()
    t.same(await aimed.boundingBox(), box, 'neither the button nor an event moves the rows')
    await page.mouse.click(x, y)
    const inspector = page.getByRole('region', { name: texts.inspector, exact: true })
    await inspector.getByText(name).waitFor()

    await away()
    await send(3)
    await fresh(15).waitFor()
    t.ok(await list.getByRole('option', { selected: true }).isVisible(), 'the chosen row stays in view')
    t.same(await violations(), [])
    await fresh(15).click()
    await list.getByText('"n45"').waitFor()
    await inspector.getByText(name).waitFor()

    await page.getByRole('button', { name: texts.closeEvent }).click()
    await away()
    await send(1)
    await list.getByText('"n46"').waitFor()

    await page.getByRole('button', { name: texts.live.clear }).focus()
    await page.keyboard.press('Tab')
    await page.locator('summary:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.locator('[role=listbox]:focus').waitFor()
    await send(2)
    await fresh(2).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await inspector.getByText('"n46"').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText(texts.inspectHint).waitFor()
    await page.locator('[role=listbox]:focus').waitFor()
    await page.evaluate(OPEN_AND_CLOSE)
    await page.locator('[role=listbox]:focus').waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Shift+Tab')
    await list.getByText('"n48"').waitFor()
  })

  t.test('a filtered list shows only selected events', async (t) => {
    const { app, page, list, live, texts } = await open(t)
    await live()
    await page.locator('summary').filter({ hasText: texts.filterEvents }).click()
    await page.getByLabel('call', { exact: true }).check()
    await live()
    await app.onInstanceEvent({ instance: 'sales', event: 'presence.update', data: 'unwanted' })
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'wanted' })
    await list.getByText('"wanted"').waitFor()
    t.equal(await list.getByRole('option').count(), 1)
  })

  t.test('after a restart of the server, no event is missing', async (t) => {
    const eventLog = { url: `file:${join(folder(t), 'events.db')}` }
    const { app, url, page, list, live, texts } = await open(t, { eventLog })
    await live()
    await page.getByText(texts.live.empty).waitFor()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'before' })
    await list.getByText('"before"').waitFor()
    await app.close()
    const lost = page.getByRole('status').getByText(texts.live.states.reconnecting)
    t.match(await lost.innerText(), /since \d+:\d\d:\d\d/)
    await page.getByRole('button', { name: texts.live.clear }).click()
    await page.getByText(texts.live.lost).waitFor()
    t.equal(await page.getByText(texts.live.empty).count(), 0)

    // Accepted before anything listens: the page may reconnect as soon as something does.
    const between = await build(t, { sqs: false, eventLog })
    await between.onInstanceEvent({ instance: 'sales', event: 'call', data: 'in between' })
    await between.close()
    const { app: again } = await listen(t, { sqs: false, eventLog, port: Number(new URL(url).port) })
    await live()
    await list.getByText('"in between"').waitFor()
    await page.getByText(texts.live.replayed('1')).waitFor()
    await again.onInstanceEvent({ instance: 'sales', event: 'call', data: 'after' })
    await list.getByText('"after"').waitFor()
    t.match(await list.getByRole('option').allInnerTexts(), [/after/, /in between/])
  })

  t.test('a button enables WebSocket for an instance without a selection', async (t) => {
    const { app, page, list, live, texts } = await open(t, {}, '#/live/support')
    await page
      .getByRole('alert')
      .filter({ hasText: texts.live.notEnabled('support') })
      .waitFor()
    await page.getByRole('button', { name: texts.live.enable }).click()
    await live()
    await app.onInstanceEvent({ instance: 'support', event: 'call', data: 'now' })
    await list.getByText('"now"').waitFor()
  })

  t.test('a temporary refusal is shown with its reason and the time of the next attempt', async (t) => {
    const { app, url } = await listen(t, { sqs: false, websocket: { maxSocketsPerAddress: 1 } })
    await app.websocket.set('sales', { enabled: true })
    await connect(t, `${url}/sales`, API_KEY)
    const { signIn, page, t: texts } = await openConsole(t, browser, url, { hash: '#/live/sales' })
    await signIn()
    const alert = page.getByRole('alert').filter({ hasText: 'IEV_WS_TOO_MANY_SOCKETS' })
    await alert.getByText(/Next attempt at \d+:\d\d:\d\d/).waitFor()
    await page.getByRole('status').getByText(texts.live.states.reconnecting).waitFor()
  })

  t.test('global mode shows all instances; without it, the page names the setting', async (t) => {
    const off = await open(t, {}, '#/live')
    await off.page.getByText('WEBSOCKET_GLOBAL_EVENTS=true').waitFor()
    await off.page.getByLabel(off.texts.instance).fill('sales')
    await off.live()

    const on = await open(t, { websocket: { globalEvents: true, path: '/sockets' } }, '#/live')
    await on.live()
    for (const instance of ['sales', 'support'])
      await on.app.onInstanceEvent({ instance, event: 'call', data: `of ${instance}` })
    await on.list.getByText('"of support"').waitFor()
    await on.list.getByText('"of sales"').waitFor()
  })

  t.test('a list of ten thousand events has only the visible rows', async (t) => {
    const { app, page, list, live } = await open(t)
    await live()
    const events = Array.from({ length: 10_000 }, (_, data) => ({ instance: 'sales', event: 'call', data }))
    for (let first = 0; first < events.length; first += 1_000)
      await app.eventLog.accept(events.slice(first, first + 1_000))
    await list.getByText('10,000', { exact: true }).waitFor()
    t.ok((await list.getByRole('option').count()) < 60, 'only the visible rows are in the page')
    t.equal(await list.getByRole('option').first().getAttribute('aria-setsize'), '1000')
    await page.keyboard.press('End')
  })

  t.test('the history shows only events whose data match a filter', async (t) => {
    const { app, page, go, texts, faults } = await open(t)
    for (let n = 1; n <= 120; n++)
      await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { n, even: n % 2 === 0 } })
    await go('#/history/sales')
    await page.locator('summary').filter({ hasText: texts.filterEvents }).click()
    const field = page.getByLabel(texts.filters.filter, { exact: true })
    await field.fill('{"n":[119]}')
    await page.getByText(texts.history.range('1', '119', '119')).waitFor()
    await field.fill('{"even":[true]')
    await page.getByText(texts.history.range('1', '119', '119')).waitFor()
    await field.fill('{"even":true}')
    await page
      .getByRole('alert')
      .filter({ hasText: /^filter\.even must be a list of conditions/ })
      .waitFor()
    await field.fill('{"even":["no"]}')
    await page.getByText(texts.history.noneOfThese).waitFor()
    await page.locator('summary').filter({ hasText: texts.filters.filter }).waitFor()
    await page.getByRole('button', { name: texts.filters.removeFilter }).click()
    await page.getByText(texts.history.range('50', '71', '120')).waitFor()
    t.same(faults, [])
  })

  t.test('the history shows the log page by page, newest first', async (t) => {
    const { app, go, page, texts } = await open(t, {}, '#/send')
    const events = Array.from({ length: 120 }, (_, data) => ({
      instance: 'sales',
      event: data === 6 ? 'labels.edit' : 'call',
      data
    }))
    await app.eventLog.accept(events)
    await go('#/history/sales')
    const range = (count: number, first: number, last: number) =>
      page.getByText(texts.history.range(String(count), String(first), String(last))).waitFor()
    await range(50, 71, 120)
    await page.getByRole('button', { name: texts.history.older }).click()
    await range(50, 21, 70)
    await page.getByRole('button', { name: texts.history.older }).click()
    await range(20, 1, 20)
    t.equal(await page.getByRole('button', { name: texts.history.older }).isDisabled(), true)
    await page.getByRole('button', { name: texts.history.newer }).click()
    await range(50, 21, 70)
    await page.locator('summary').filter({ hasText: texts.filterEvents }).click()
    await page.getByLabel('labels.edit').check()
    await range(1, 7, 7)
  })
})
