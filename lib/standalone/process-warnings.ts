/**
 * Passes Node's warnings to `show`, instead of to the standard error stream. What Node says of its SQLite is left out:
 * nobody who runs a server can do anything about it. With `--no-warnings` nothing changes.
 */
export function takeWarnings(process: NodeJS.Process, show: (warning: Error) => void): void {
  if (process.listenerCount('warning') === 0) return
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const aboutSqlite = warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')
    if (!aboutSqlite) show(warning)
  })
}
