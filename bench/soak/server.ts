import { setTimeout as pause } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { freePort } from '../../test/support/free-port.ts'
import { serve } from '../harness/serve.ts'

/** The standalone server, in this process. */
const soakServer = {
  /** @param env settings of the server @returns its port, once it is ready */
  async listen(folder: string, env: Record<string, string>): Promise<{ port: number; pid: number }> {
    const port = await freePort()
    process.chdir(folder)
    Object.assign(process.env, env, { SERVER_PORT: String(port) })
    await import('../../server.ts')
    while (!(await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined))?.ok) await pause(50)
    return { port, pid: process.pid }
  },
  /** As it is, with the garbage. `young`: memory of V8's young generation. */
  usage(): NodeJS.MemoryUsage & { young: number } {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    return { ...process.memoryUsage(), young: young?.physical_space_size ?? Number.NaN }
  }
}

export type SoakServer = typeof soakServer

serve(soakServer)
