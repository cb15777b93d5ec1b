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
Reads the environment and .env in this folder, as \`serve\` does. Secrets are hidden. Exits with 1 if
there is a fault.

Examples:
  $ npx fastify-instance-events check-config
  $ npx fastify-instance-events check-config --connect --json`

/** `check-config`: checks the settings without a start of the server. */
export function addCheckConfig(program: Command, context: CliContext): void {
  program
    .command('check-config')
    .description('Check the settings, and show each value and its source.')
    .option('--connect', 'also connect to the database and SQS; nothing is changed there')
    .option('--json', 'print JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: CheckOptions) => checkConfig(options, context))
}

async function checkConfig({ connect, json }: CheckOptions, context: CliContext): Promise<void> {
  const { env, folder } = context
  const { checked, ...report } = settingsReport({ env, folder })
  let connections: Connection[] = []
  if (connect && checked) {
    context.status('Connecting to the database and SQS…')
    // Loads the AWS SDK, which only this option needs.
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
  for (const { to, ok, message, warnings: differences = [] } of connections) {
    const line = `${to}: ${message}`
    if (ok) context.out({ style: 'green', text: line })
    else context.error(`fault: ${line}`)
    for (const difference of differences) context.error(`warning: ${to}: ${difference}`)
  }
}
