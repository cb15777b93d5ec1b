import { join } from 'node:path'
import { type Config, loadConfig } from './config.ts'
import { EventCatalogue } from '../events/catalogue.ts'
import type { InstanceEventsError } from '../error-class.ts'
import type { HubName } from '../hubs/hub.ts'
import { withoutPassword } from '../text/without-password.ts'
import { wantsEmbeddedSqs } from './app-options.ts'
import { dataFolder } from './data-folder.ts'
import { readDotenv } from './dotenv.ts'
import { isInstalled } from './is-installed.ts'
import { EnvSchema, FILE_SUFFIX, isSecret } from './settings.ts'

export interface Setting {
  name: string
  /** The value that the server uses; `null` if there is none. */
  value: string | number | boolean | null
  /** `file`: the file that the setting's `_FILE` names. */
  from: 'environment' | '.env' | 'file' | 'default'
}

export interface SettingsReport {
  /** Faults that keep a server from starting. */
  faults: string[]
  warnings: string[]
  /** Empty if there are faults. */
  settings: Setting[]
  /** The checked settings; `undefined` if a variable has a fault. */
  checked: { config: Config; env: Record<string, string | undefined> } | undefined
}

export interface SettingsSources {
  env: Readonly<Record<string, string | undefined>>
  /** Working directory of the server, with its `.env`. */
  folder: string
  /** True if a package can be imported. */
  installed?: (name: string) => boolean
}

const HIDDEN = '***'
const EMBEDDED = ['fauxqs']
const S3 = ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner']

/** Checks settings as a start of the server does. The report contains no secrets. */
export function settingsReport(sources: SettingsSources): SettingsReport {
  const { env, folder, installed = isInstalled } = sources
  try {
    const dotenv = readDotenv(folder)
    const given = { ...dotenv, ...env }
    const config = loadConfig(given)
    const faults = [...laterFaults(config), ...missingPackages(config, given, installed)]
    const settings = faults.length > 0 ? [] : settingsOf(config, { env, dotenv, folder })
    return { faults, warnings: config.warnings, settings, checked: { config, env: given } }
  } catch (error) {
    return { faults: messagesOf(error), warnings: [], settings: [], checked: undefined }
  }
}

/** Faults that a start finds only when it registers the plugins. */
function laterFaults(config: Config): string[] {
  const { EXTRA_EVENTS: names, SQS_GLOBAL_EVENTS: listed } = config
  const hubs = config.HUBS as HubName[]
  // Messages begin with the name of the plugin's option; the setting takes its place.
  const faultsOf = (setting: string, attempt: () => unknown): string[] => {
    try {
      attempt()
      return []
    } catch (error) {
      return messagesOf(error).map((message) => `${setting}: ${message.replace(/^[\w.]+: /, '')}`)
    }
  }
  const faults = faultsOf('EXTRA_EVENTS', () => new EventCatalogue({ hubs, names }))
  const shared =
    config.SQS_ENABLED && config.SQS_GLOBAL_ENABLED !== 'false' && !config.globalFlags && !listed.includes('*')
  // Keys can only be checked against a valid catalogue.
  if (shared && faults.length === 0)
    faults.push(...faultsOf('SQS_GLOBAL_EVENTS', () => new EventCatalogue({ hubs, names }).resolve(listed, 'list')))
  return faults
}

function missingPackages(
  config: Config,
  given: SettingsSources['env'],
  installed: (name: string) => boolean
): string[] {
  const missing = (names: string[]) => names.filter((name) => !installed(name)).join(' ')
  const embedded = wantsEmbeddedSqs(config, given) && missing(EMBEDDED)
  const s3 = config.SQS_ENABLED && config.S3_ENABLED && config.S3_BUCKET !== undefined && missing(S3)
  return [
    ...(embedded
      ? [`SQS_BACKEND: the emulator is not installed: npm install ${embedded}, or set SQS_REGION and credentials`]
      : []),
    ...(s3 ? [`S3_BUCKET: the packages for S3 are not installed: npm install ${s3}`] : [])
  ]
}

type Variables = Readonly<Record<string, string | undefined>>

function settingsOf(
  config: Config,
  { env, dotenv, folder }: { env: Variables; dotenv: Variables; folder: string }
): Setting[] {
  const { globalFlags: _flags, warnings: _warnings, ...values } = config
  const names = new Set([...Object.keys(EnvSchema.properties), ...Object.keys(values)])
  const defaults: { [name: string]: string } = {
    AUTHENTICATION_API_KEY: `generated, kept in ${join(dataFolder(config, folder), 'api-key')}`,
    SERVER_URL: `http://localhost:${config.SERVER_PORT}`
  }
  return [...names].map((name) => {
    const value = (values as Record<string, unknown>)[name]
    const from = sourceOf(name, { env, dotenv })
    return { name, value: value === undefined ? (defaults[name] ?? null) : shown(name, value), from }
  })
}

/** An empty variable counts as absent, but still overrides the one in `.env`. */
function sourceOf(name: string, { env, dotenv }: { env: Variables; dotenv: Variables }): Setting['from'] {
  const given = (setting: string) => (env[setting] ?? dotenv[setting] ?? '').trim() !== ''
  if (given(`${name}${FILE_SUFFIX}`)) return 'file'
  if (!given(name)) return 'default'
  return env[name] === undefined ? '.env' : 'environment'
}

function shown(name: string, value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return isSecret(name) && !name.endsWith(FILE_SUFFIX) ? HIDDEN : withoutPassword(String(value))
}

function messagesOf(error: unknown): string[] {
  const { messages, message } = error as InstanceEventsError
  return messages ?? [message]
}
