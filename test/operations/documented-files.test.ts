import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder } from '../support/build.ts'
import { freePort } from '../support/free-port.ts'
import { haveProgram } from '../support/programs.ts'

/** The first block of a language in a page. */
function block(page: string, language: string): string {
  const markdown = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(markdown)?.[1] as string
}

t.test('nginx accepts the configuration of docs/security.md', async (t) => {
  if (!haveProgram(t, 'nginx')) return
  const cwd = folder(t)
  const file = join(cwd, 'nginx.conf')
  const server = block('security.md', 'nginx').replace('listen 80;', `listen 127.0.0.1:${await freePort()};`)
  writeFileSync(file, `pid ${cwd}/pid; error_log stderr; events {} http { access_log off; ${server} }`)
  const { status, stderr } = spawnSync('nginx', ['-t', '-p', cwd, '-c', file], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})

t.test('Prometheus accepts the scrape job of docs/operations.md', async (t) => {
  if (!haveProgram(t, 'promtool')) return
  const file = join(folder(t), 'prometheus.yml')
  writeFileSync(file, block('operations.md', 'yaml'))
  const { status, stdout } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' })
  t.equal(status, 0, stdout)
})
