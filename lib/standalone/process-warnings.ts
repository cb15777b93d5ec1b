/**
 * Passes Node's warnings to `show` instead of standard error. The warning that SQLite is experimental is left out, since operators
 * cannot act on it. With `--no-warnings` nothing changes.
 */
export function takeWarnings(process: NodeJS.Process, show: (warning: Error) => void): void {
  if (process.listenerCount('warning') === 0) return
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const aboutSqlite = warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')
    if (!aboutSqlite) show(warning)
  })
}
