import { setTimeout } from 'node:timers/promises'

/** Waits for a state that nobody tells of: that of another process. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(5)
}
