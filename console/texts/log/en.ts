/** Texts of searches in the log, and of what can be done with an event. */
export const logEn = {
  search: 'Search',
  searchHelp: 'Text, WhatsApp JID, message id or event id',
  find: 'Search',
  jump: (zone: string) => `Go to time (${zone})`,
  go: 'Go',
  noneSince: (time: string) => `No event was accepted since ${time}.`,
  progress: (examined: string, total: string, found: string) =>
    `Looked through ${examined} of ${total} events of the log, found: ${found}.`,
  finished: 'Finished.',
  stopped: 'Stopped.',
  full: 'There may be more.',
  stop: 'Stop',
  goOn: 'Continue',
  end: 'End the search',
  nothing: (text: string) => `No event of the log contains “${text}”.`,
  found: 'Events found, newest first',
  notFound: (event: string, instance: string) =>
    `The log does not have the event ${event} of ${instance}: it was removed, or never accepted.`,
  copyLink: 'Copy link',
  copyCurl: 'Copy as curl',
  resend: 'Send again',
  resendTitle: (event: string) => `Send ${event} again?`,
  resendWarning: (instance: string) =>
    `A new event of ${instance} with the same data is accepted, with a new id and the current time. It is delivered by the current selection of the instance: its queues and sockets receive it again.`,
  resent: (id: string, offset: string) => `Accepted as ${id}, at offset ${offset}.`,
  show: 'Show it',
  export: 'Export (NDJSON)',
  exporting: (count: string) => `Events exported: ${count}.`,
  exportCut: 'The file ends here, because it has reached its limit. For older events, narrow the search or the filter.',
  exportStopped: 'Stopped: the file has the events that were read so far.',
  exportDone: 'The file has all events of this search and filter, newest first.'
}
