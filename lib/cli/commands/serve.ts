import type { Command } from 'commander'
import type { CliContext } from '../context.ts'

const AFTER_HELP = `
Settings come from the environment and from .env in this folder; \`check-config\` shows them. Without
any, the server stores events in ./data, emulates SQS in this process (npm install fauxqs) and
generates a key.

Examples:
  $ npx fastify-instance-events
  $ SERVER_PORT=9000 SQS_REGION=sa-east-1 npx fastify-instance-events serve`

/** `serve`: runs the standalone server. */
export function addServe(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('Run the server (the default command).')
    .addHelpText('after', AFTER_HELP)
    .action(async () => {
      await context.serve()
    })
}
