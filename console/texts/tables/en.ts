/** Texts of the tables of queues and instances. */
export const tablesEn = {
  queues: 'Queues',
  queue: 'Queue',
  noQueues: 'No queue has pending events or dead letters, and nothing has been sent since the server started.',
  moreQueues: (count: string) => `${count} more`,
  instances: 'Instances, those that need attention first',
  noInstances: 'No instance has sent an event yet.',
  allInstances: 'All instances',
  pending: 'Pending',
  oldest: 'Oldest',
  dead: 'Dead letters',
  lastSent: 'Last sent',
  sentPerMinute: 'Sent / min',
  lastEvent: 'Last event',
  eventsPerMinute: 'Events / min',
  connection: 'Connection',
  ago: (age: string) => `${age} ago`,
  since: (age: string) => `for ${age}`
}
