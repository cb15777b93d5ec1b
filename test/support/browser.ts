import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import type { Test } from 'tap'
import { folder } from './build.ts'

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']

/**
 * Returns `CHROMIUM_PATH`, else the first Chromium on PATH, preferably one without windows, which takes half of the processor
 * time. `undefined` if there is none.
 */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env
  const candidates = NAMES.flatMap((name) => PATH.split(delimiter).map((path) => join(path, name)))
  return (CHROMIUM_PATH ? [CHROMIUM_PATH] : candidates).find(isExecutable)
}

/** Starts a headless browser with a new profile; both are gone after the test. */
export async function openBrowser(t: Test, executablePath: string): Promise<Browser> {
  const home = folder(t)
  const browser = await chromium.launch({
    executablePath,
    artifactsDir: home,
    // Its files are deleted with the folder.
    env: { ...process.env, HOME: home, TMPDIR: home },
    // Chromium has no sandbox for root, which containers run as.
    args: ['--no-sandbox']
  })
  t.after(() => browser.close())
  return browser
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
