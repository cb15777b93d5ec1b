export const erasureEn = {
  action: 'Erase events',
  help: 'Erases the data of events at the request of a person (LGPD, GDPR). The events keep their places in the log.',
  title: (name: string) => `Erase events of ${name}`,
  warning:
    'This cannot be undone. Copies that SQS or clients have received are not erased. Repeat this for each id of the person, such as the JID and the …@lid.',
  by: 'Which events',
  byJid: 'That name a WhatsApp JID',
  byIds: 'With these ids',
  jid: 'WhatsApp JID',
  ids: 'Ids of events, one on each line',
  start: 'Erase',
  stop: 'Stop',
  progress: (examined: string, erased: string) => `${examined} events examined, ${erased} erased.`,
  finished: 'Finished.',
  stopped: 'Stopped. What is erased stays erased; start again to continue.',
  delivered: (count: string) =>
    `${count} of them were sent to SQS with their data: erase the copies in queues and at consumers yourself.`,
  pending: (count: string) => `${count} of them are pending: they are sent without data.`,
  deadLetters: (count: string) => `${count} dead letters no longer have data.`,
  objects: (count: string) => `${count} objects were deleted in S3.`,
  objectFailed: (key: string, reason: string, id: string) =>
    `${key} may still be in S3 (${reason}). Erase the event with the id ${id} again.`,
  missing: (ids: string) => `There are no events with these ids: ${ids}`
}
