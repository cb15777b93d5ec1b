/** Texts of the filter and the omitted members of a selection. */
export const filtersEn = {
  filter: 'Filter (JSON)',
  filterHelp:
    'Only events whose data match: a payload filter policy in the syntax of Amazon SNS, for all events or by event key. Empty: all selected events.',
  removeFilter: 'Remove filter',
  presets: (event: string) => `Add a condition on ${event}`,
  preset: { notFromMe: 'Not from me', noGroups: 'No groups', noStatus: 'No status broadcasts' },
  omit: 'Omitted members',
  omitHelp:
    'Members of the data that are not delivered, one path per line, such as data.message.base64. The log keeps them.',
  removeOmitted: 'Omit nothing',
  trial: {
    event: 'Event to try it on',
    submit: 'Try on the last event',
    passes: (event: string, offset: string, when: string) =>
      `Passes: the last ${event} (offset ${offset}, ${when}) would be delivered.`,
    fails: (event: string, offset: string, when: string) =>
      `Does not pass: the last ${event} (offset ${offset}, ${when}) would not be delivered.`,
    none: (event: string) => `The log has no ${event} of this instance.`
  }
}
