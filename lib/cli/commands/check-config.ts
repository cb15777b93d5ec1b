import type { Command } from 'commander'
import { type SettingsReport, settingsReport } from '../../standalone/settings-report.ts'
import type { Connection } from '../../standalone/try-connections.ts'
import type { CliContext } from '../context.ts'
import { CommandFailed } from '../failure.ts'
import { printJson, printTable } from '../output.ts'

interface CheckOptions {
  connect?: boolean
  json?: boolean
}

const AFTER_HELP = `
Reads the environment and .env in this folder, as \`serve\` does; secrets are hidden. Exits with 1 if
anything is wrong.

Examples:
  $ npx fastify-instance-events check-config
  $ npx fastify-instance-events check-config --connect --json`

/** `check-config`: what a server would make of the settings. */
export function addCheckConfig(program: Command, context: CliContext): void {
  program
    .command('check-config')
    .description('Check the settings, and show them with where each comes from.')
    .option('--connect', 'also try the database and SQS; nothing is changed there')
    .option('--json', 'print JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: CheckOptions) => checkConfig(options, context))
}

async function checkConfig({ connect, json }: CheckOptions, context: CliContext): Promise<void> {
  const { env, folder } = context
  const { checked, ...report } = settingsReport({ env, folder })
  let connections: Connection[] = []
  if (connect && checked) {
    context.status('Trying the database and SQS …')
    // Who does not ask for it need not load the SDK.
    const { tryConnections } = await import('../../standalone/try-connections.ts')
    connections = await tryConnections(checked.config, { env: checked.env, folder })
    context.status('')
  }
  const ok = report.faults.length === 0 && connections.every((connection) => connection.ok)
  if (json) printJson({ ok, ...report, ...(connect && { connections }) }, context)
  else print(report, connections, context)
  if (!ok) throw new CommandFailed('')
}

function print(
  { faults, warnings, settings }: Omit<SettingsReport, 'checked'>,
  connections: Connection[],
  context: CliContext
): void {
  for (const fault of faults) context.error(`fault: ${fault}`)
  for (const warning of warnings) context.error(`warning: ${warning}`)
  if (settings.length > 0) {
    const rows = settings.map(({ name, value, from }) => [name, String(value ?? ''), from])
    printTable(['SETTING', 'VALUE', 'FROM'], rows, context)
  }
  for (const { to, ok, message } of connections) {
    const line = `${to}: ${message}`
    if (ok) context.out({ style: 'green', text: line })
    else context.error(`fault: ${line}`)
  }
}
