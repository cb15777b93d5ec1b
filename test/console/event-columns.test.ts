import t from 'tap'
import { ColumnWidths } from '../../console/column-widths.ts'
import { formatsOf } from '../../console/format.ts'
import { eventFamily, FAMILIES } from '../../console/event-family.ts'
import { withSelected } from '../../console/with-selected.ts'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import type { Message } from '../../console/api/types.ts'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'

t.test('an event has the family of what it is about', async (t) => {
  const keys = Object.groupBy(
    new EventCatalogue({ hubs: HUB_NAMES, names: ['invoice.paid', 'recall.sent'] }).events.map(({ key }) => key),
    eventFamily
  )
  t.same(Object.keys(keys).toSorted(), FAMILIES.toSorted())
  t.same(keys.labels?.slice(0, 3), ['LABELS_EDIT', 'LABELS_ASSOCIATION', 'EVOLUTION_GO_LABELEDIT'])
  t.same(keys.other, ['TYPEBOT_START', 'TYPEBOT_CHANGE_STATUS', 'WAHA_ENGINE_EVENT', 'INVOICE_PAID', 'RECALL_SENT'])
  t.ok(keys.messages?.includes('WAHA_MESSAGE_ACK_GROUP'))
  t.ok(keys.presence?.includes('EVOLUTION_GO_CHATPRESENCE'))
  t.ok(keys.connection?.includes('EVOLUTION_GO_DISCONNECTED'))
  t.equal(eventFamily('OPERATOR_INSTANCE_SILENT'), 'other')
})

t.test('columns are as wide as their longest text so far, up to a limit', async (t) => {
  const measured: string[] = []
  const widths = new ColumnWidths((column, text) => {
    measured.push(`${column} ${text}`)
    return text.length * 8
  })
  widths.add('time', '12:00').add('event', 'call').add('instance', 'sales').add('offset', '1')
  t.equal(widths.wide, '40px minmax(0, 32px) minmax(0, 40px) minmax(96px, 1fr) 8px')
  widths.add('event', 'messages.upsert').add('event', 'call').add('instance', 'x'.repeat(100))
  t.equal(widths.narrow, '40px minmax(0, 120px) minmax(0, 260px) minmax(96px, 1fr)')
  t.equal(measured.filter((text) => text === 'event call').length, 1, 'a text is measured once')
  for (let n = 0; n <= 10_000; n++) widths.add('instance', String(n))
  widths.add('instance', '0')
  t.equal(measured.filter((text) => text === 'instance 0').length, 2, 'the memory of it is bounded')
})

t.test('a chosen event that the list has lost is kept at its place', async (t) => {
  const [a, b, c] = [3, 2, 1].map((offset) => ({ offset }) as Message) as [Message, Message, Message]
  t.same(withSelected([a, c], b), [a, b, c])
  t.same(withSelected([a, b], c), [a, b, c])
  const same = [a, b]
  t.equal(withSelected(same, b), same)
  t.equal(withSelected(same, undefined), same)
})

t.test('the lists of events', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(
      `the columns have heads, no usual name is cut, and no family is told by colour alone (${locale})`,
      async (t) => {
        const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
        const { page, go, signIn, faults } = await openConsole(t, browser, url, { locale })
        await signIn()
        const instances = ['sales', 'atendimento-sao-paulo-centro-2']
        const events = ['call', 'group-participants.update', 'messages.upsert']
        const dateTime = new Date(Date.now() - 3 * 86_400_000).toISOString()
        await app.eventLog.accept([
          ...instances.flatMap((instance) => events.map((event) => ({ instance, event, data: 'x'.repeat(500) }))),
          { instance: 'sales', event: 'call', data: 1, dateTime }
        ])
        await go('#/history')
        const list = page.getByRole('listbox', { name: texts.history.list })
        await list.getByRole('option').nth(6).waitFor()
        t.equal(await list.getByRole('option').filter({ hasText: 'atendimento-sao-paulo-centro-2' }).count(), 3)
        const heads = page.locator('.event-heads')
        const zone = formatsOf(locale).zone()
        t.same((await heads.innerText()).split('\n'), [
          texts.whenIn(zone),
          texts.inspector,
          texts.instance,
          texts.content,
          texts.offset
        ])
        const description = await list.getAttribute('aria-describedby')
        t.equal(await heads.getAttribute('id'), description, 'screen readers are told the columns')
        const places = await page.evaluate<Record<string, { left: number[]; cut: boolean }>>(`(() =>
        Object.fromEntries(['time', 'instance', 'preview', 'offset'].map((column) => {
          const cells = [...document.querySelectorAll('.event-' + column)]
          return [column, {
            left: [...new Set(cells.map((cell) => Math.round(cell.getBoundingClientRect().left)))],
            cut: cells.some((cell) => cell.scrollWidth > cell.clientWidth)
          }]
        })))()`)
        t.same(
          Object.values(places).map(({ left }) => left.length),
          [1, 1, 1, 1],
          'heads and cells of a column begin at one place'
        )
        t.same(
          Object.values(places).map(({ cut }) => cut),
          [false, false, true, false]
        )
        const colours = await page.evaluate<string[]>(
          `[...document.querySelectorAll('[role=option] .event-name')].map((name) => getComputedStyle(name).color)`
        )
        t.equal(new Set(colours).size, 3)

        await list.getByRole('option').filter({ hasText: 'group-participants.update' }).first().click()
        const inspector = page.getByRole('region', { name: texts.inspector, exact: true })
        await inspector.getByText(texts.families.groups, { exact: true }).waitFor()
        t.same(faults, [])
      }
    )

    t.test(`the chosen row stays in view, whatever comes after it (${locale})`, async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      await app.websocket.set('sales', { enabled: true })
      const { page, signIn, faults } = await openConsole(t, browser, url, { locale, hash: '#/live/sales' })
      await signIn()
      await page.getByRole('status').getByText(texts.live.states.live, { exact: true }).waitFor()
      // The list holds where the pointer is.
      await page.mouse.move(5, 5)
      let sent = 0
      const send = async (count: number) => {
        const all = Array.from({ length: count }, () => ({ instance: 'sales', event: 'call', data: `n${++sent}` }))
        for (let at = 0; at < count; at += 1_000) await app.eventLog.accept(all.slice(at, at + 1_000))
      }
      const list = page.getByRole('listbox', { name: texts.live.list })
      const chosen = list.getByRole('option', { selected: true })
      const inspector = page.getByRole('region', { name: texts.inspector, exact: true })
      /** Where the chosen row begins in the list, and how much of it would be cut, in pixels. */
      const place = async () => {
        const [row, box] = [await chosen.boundingBox(), await list.boundingBox()]
        if (!row || !box) return undefined
        return { top: row.y - box.y, cut: Math.max(box.y - row.y, row.y + row.height - box.y - box.height, 0) }
      }
      const showNew = async (count: string) => {
        await page.getByRole('button', { name: texts.live.showNew(count) }).click()
        await list.getByText(`"n${sent}"`).waitFor()
      }
      await send(30)
      await list.getByText('"n30"').waitFor()
      await list.getByRole('option').filter({ hasText: '"n29"' }).click()
      await page.mouse.move(5, 5)
      for (const [count, label] of [
        [12, '12'],
        [2_500, locale === 'en' ? '2,500' : '2.500']
      ] as const) {
        await send(count)
        await showNew(label)
        t.match(await chosen.innerText(), /"n29"/)
        t.match(await place(), { cut: 0 })
        t.match(await inspector.innerText(), /"n29"/)
      }
      t.equal(await chosen.getAttribute('aria-setsize'), '1001', 'it stays behind the 1,000 that are kept')

      await page.mouse.move(400, 500)
      await page.mouse.wheel(0, 100_000)
      await list.getByText('"n1543"').waitFor()
      t.match(await place(), { cut: 0 }, 'at its place at the end')
      await page.mouse.wheel(0, -100_000)
      await list.getByText(`"n${sent}"`).waitFor()
      t.match(await place(), { cut: 0 })
      await page.keyboard.press('Escape')
      await page.mouse.move(5, 5)
      await inspector.waitFor({ state: 'detached' })
      t.equal(await chosen.count(), 0)
      t.same(faults, [])
    })
  }
})
