import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'

t.test('pages of an instance with any name fit a narrow window', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, { sqs: sqs.options })
  const console = await openConsole(t, browser, url, { viewport: { width: 360, height: 800 } })
  const { page, t: texts, faults } = console
  await console.signIn()

  const overflows: number[] = []
  for (const name of ['W'.repeat(100), '<img src=x onerror=alert(1)>', "'-alert(1)-'"]) {
    await app.websocket.set(name, { enabled: true })
    for (const target of ['instances', 'live', 'history', 'send'] as const) {
      await console.go(`#/${target}/${encodeURIComponent(name)}`)
      const title = target === 'instances' ? name : texts.pages[target]
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      if (target === 'instances') await page.getByRole('region', { name: texts.connect.title }).last().waitFor()
      overflows.push(await console.overflow())
    }
    await console.go('#/instances')
    await page.getByRole('link', { name, exact: true }).waitFor()
    overflows.push(await console.overflow())
  }
  t.same(
    overflows,
    overflows.map(() => 0)
  )
  t.same(faults, [])
})
