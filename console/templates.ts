import templates from './templates.json' with { type: 'json' }

/** Realistic data of an event as indented JSON; an empty object for events that Evolution API does not have. */
export function templateOf(event: string): string {
  return JSON.stringify(event in templates ? templates[event as keyof typeof templates] : {}, null, 2)
}
