import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { newEvent } from '../support/new-event.ts'
import { connect } from '../support/sockets.ts'

t.test('live', { skip }, async (t) => {
  // Skipped without one.
  const browser = await openBrowser(t, executable as string)

  /** The live page of an instance, listening. */
  async function open(t: Test, options: Partial<AppOptions> = {}, hash = '#/live/sales') {
    const { app, url } = await listen(t, { sqs: false, ...options })
    await app.websocket.set('sales', { enabled: true })
    const console = await openConsole(t, browser, url)
    await console.signIn()
    await console.go(hash)
    const { page, t: texts } = console
    const list = page.getByRole('listbox', { name: texts.live.list })
    const live = () => page.getByRole('status').getByText(texts.live.states.live, { exact: true }).waitFor()
    return { ...console, app, url, texts, list, live }
  }

  t.test('events come as they happen, newest first, and can be looked into', async (t) => {
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

  t.test('an event that no page can show whole is cut, and copied whole', async (t) => {
    const deep: unknown = JSON.parse('['.repeat(102) + ']'.repeat(102))
    const wide = Array.from({ length: 400_000 }, () => 0)
    const { app, page, list, live, texts, faults } = await open(t)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await live()
    const envelope = '"server_url":"","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"1"'
    for (const data of [deep, wide]) {
      // No route takes what is as deep.
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

  t.test('paused, it counts what comes; then it shows it', async (t) => {
    const { app, page, list, live, texts } = await open(t)
    await live()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'before' })
    await list.getByText('"before"').waitFor()
    await page.getByRole('button', { name: texts.live.pause }).click()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'meanwhile' })
    await page.getByRole('button', { name: texts.live.goOn('1') }).waitFor()
    t.equal(await list.getByText('"meanwhile"').count(), 0)
    await page.getByRole('button', { name: texts.live.goOn('1') }).click()
    await list.getByText('"meanwhile"').waitFor()

    await page.getByRole('button', { name: texts.live.pause }).click()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'later' })
    await page.getByRole('button', { name: texts.live.goOn('1') }).waitFor()
    await page.getByRole('button', { name: texts.live.clear }).click()
    await page.getByText(texts.live.empty).waitFor()
    await page.getByRole('button', { name: texts.live.goOn('0') }).waitFor()
  })

  t.test('filtered, only those events come', async (t) => {
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

  t.test('a server that is restarted under the page: nothing is missing', async (t) => {
    const eventLog = { url: `file:${join(folder(t), 'events.db')}` }
    const { app, url, page, list, live, texts } = await open(t, { eventLog })
    await live()
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'before' })
    await list.getByText('"before"').waitFor()
    await app.close()
    await page.getByRole('status').getByText(texts.live.states.reconnecting).waitFor()

    const { app: again } = await listen(t, { sqs: false, eventLog, port: Number(new URL(url).port) })
    await again.onInstanceEvent({ instance: 'sales', event: 'call', data: 'in between' })
    await live()
    await list.getByText('"in between"').waitFor()
    await page.getByText(texts.live.replayed('1')).waitFor()
    await again.onInstanceEvent({ instance: 'sales', event: 'call', data: 'after' })
    await list.getByText('"after"').waitFor()
    t.match(await list.getByRole('option').allInnerTexts(), [/after/, /in between/, /before/])
  })

  t.test('an instance without a selection is enabled by a button', async (t) => {
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

  t.test('a server that refuses connections for some time: the page states why and when it tries again', async (t) => {
    const { app, url } = await listen(t, { sqs: false, websocket: { maxSocketsPerAddress: 1 } })
    await app.websocket.set('sales', { enabled: true })
    await connect(t, `${url}/sales`, API_KEY)
    const { signIn, go, page, t: texts } = await openConsole(t, browser, url)
    await signIn()
    await go('#/live/sales')
    const alert = page.getByRole('alert').filter({ hasText: 'IEV_WS_TOO_MANY_SOCKETS' })
    await alert.getByText(/The next attempt is at \d+:\d\d:\d\d/).waitFor()
    await page.getByRole('status').getByText(texts.live.states.reconnecting).waitFor()
  })

  t.test('all instances at once take global mode; without it the page says which setting', async (t) => {
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

  t.test('ten thousand events leave the page light', async (t) => {
    const { app, page, list, live } = await open(t)
    await live()
    for (let n = 0; n < 100; n++)
      await Promise.all(
        Array.from({ length: 100 }, (_, m) =>
          app.onInstanceEvent({ instance: 'sales', event: 'call', data: n * 100 + m })
        )
      )
    await list.getByText('10000', { exact: true }).waitFor()
    t.ok((await list.getByRole('option').count()) < 60, 'only the rows that are seen are there')
    t.equal(await list.getByRole('option').first().getAttribute('aria-setsize'), '1000')
    await page.keyboard.press('End')
  })

  t.test('the log is read page by page, backwards', async (t) => {
    const { app, go, page, texts } = await open(t)
    for (let n = 1; n <= 120; n++)
      await app.onInstanceEvent({ instance: 'sales', event: n === 7 ? 'labels.edit' : 'call', data: n })
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
