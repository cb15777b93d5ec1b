import templates from './templates.json' with { type: 'json' }

/** Realistic data of an event, indented; of one that is not Evolution API's, an empty object. */
export function templateOf(event: string): string {
  return JSON.stringify(event in templates ? templates[event as keyof typeof templates] : {}, null, 2)
}
