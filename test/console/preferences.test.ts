import t from 'tap'
import { ptBr } from '../../console/texts/pt-br.ts'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { until } from '../support/until.ts'

t.test('language and appearance change at once, and are stored', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { url } = await listen(t, { sqs: false })
  const { page, t: texts, signIn, faults } = await openConsole(t, browser, url, { colorScheme: 'light' })
  await signIn()
  const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
  const light = await ground()
  t.same(await page.evaluate('Object.keys(localStorage)'), [], 'defaults are not stored')
  await page.getByLabel(texts.theme).selectOption('dark')
  t.not(await ground(), light)
  await page.getByLabel(texts.language).selectOption('pt-BR')
  await page.getByRole('heading', { level: 1, name: ptBr.pages.overview }).waitFor()
  const title = `${ptBr.pages.overview} · ${ptBr.product}`
  await until(async () => (await page.title()) === title)

  await page.reload()
  await page.getByRole('heading', { level: 1, name: ptBr.pages.overview }).waitFor()
  t.not(await ground(), light, 'the key, the language and the appearance survive a reload')
  t.same(await page.evaluate('Object.values(localStorage).sort()'), ['dark', 'pt-BR'])
  t.same(faults, [])
})
