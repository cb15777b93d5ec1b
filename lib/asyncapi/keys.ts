import type { SecurityScheme } from './types.ts'

export const WHOSE_KEY = 'The global key, or the token of the instance.'

export const apikeyHeader: SecurityScheme = {
  type: 'httpApiKey',
  in: 'header',
  name: 'apikey',
  description: WHOSE_KEY
}
