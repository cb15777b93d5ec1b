import { erasureEn } from './erasure/en.ts'
import { errorsEn } from './errors/en.ts'
import { filtersEn } from './filters/en.ts'
import { outcomeEn } from './outcome/en.ts'
import { tablesEn } from './tables/en.ts'
import { logEn } from './log/en.ts'

/**
 * All texts of the console, in one list, so that translations can be compared line by line. Other languages have the
 * same members, which the compiler checks.
 */
export const en = {
  product: 'Instance events',
  loading: 'Loading…',
  skipToContent: 'Skip to content',
  navigation: 'Pages',
  menu: 'Menu',
  language: 'Language',
  theme: 'Appearance',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  signOut: 'Sign out',
  signedInGlobal: 'Global key',
  signedInAs: (instance: string) => `Token of ${instance}`,
  ownInstance: 'Instance',
  destination: {
    title: 'This server',
    environment: 'Environment',
    emulated: 'emulated',
    emulatedHelp: 'Events go to an emulator, not to AWS.',
    off: 'off',
    stores: { sqlite: 'SQLite', postgresql: 'PostgreSQL' } as Record<string, string>
  },
  pages: {
    overview: 'Overview',
    instances: 'Instances',
    live: 'Live',
    history: 'History',
    send: 'Send',
    'dead-letters': 'Dead letters'
  },
  copy: 'Copy',
  copied: 'Copied',
  failed: 'Not copied',
  cancel: 'Cancel',
  close: 'Close',
  save: 'Save',
  tryAgain: 'Try again',
  originalText: 'Original text',
  all: 'All',
  none: 'None',
  off: 'off',
  previous: 'Previous',
  next: 'Next',
  range: (first: string, last: string, all: string) => `${first}–${last} of ${all}`,
  instance: 'Instance',
  allInstances: 'All instances',
  pickInstance: 'Name of an instance',
  filterEvents: 'Events',
  allEvents: 'all',
  searchEvents: 'Search events',
  noEventFound: 'No event has this in its name.',
  notInAll: 'not included in “all”',
  secretNotInAll: 'not included in “all”: contains secrets',
  ownEvents: 'Events of this server',
  eventPresets: {
    title: 'Select only',
    messages: 'Messages',
    messageStates: 'Messages and their states',
    connection: 'Connection'
  },
  selectedOf: (selected: string, all: string) => `${selected} of ${all}`,
  offset: 'Offset',
  when: 'When',
  whenIn: (zone: string) => `When (${zone})`,
  content: 'Content',
  eventId: 'Id',
  inspector: 'Event',
  closeEvent: 'Close event',
  inspectHint: 'Choose an event to see its content.',
  family: 'About',
  families: {
    messages: 'Messages',
    chats: 'Chats',
    contacts: 'Contacts',
    groups: 'Groups',
    presence: 'Presence',
    calls: 'Calls',
    connection: 'Connection',
    labels: 'Labels',
    other: 'Other'
  },
  wholeMessage: 'Whole message',
  jsonCut: '… cut here. Copy includes everything.',
  metrics: {
    accepted: 'Events / s',
    delivered: 'Deliveries / s',
    pending: 'Pending',
    oldest: 'Oldest pending',
    deadLetters: 'Dead letters',
    sockets: 'Sockets'
  },
  signIn: {
    title: 'Sign in',
    lead: 'With the global key you see all instances; with the token of an instance, only that one.',
    key: 'Key',
    where:
      'The key stays in this tab until you close it or sign out. A generated key is in data/api-key on the server.',
    submit: 'Sign in',
    kept: 'Your key is still stored in this tab, but the server could not check it.',
    refused: 'Your key is no longer valid: it was replaced, or its instance was deleted. Sign in with another one.'
  },
  overview: {
    lead: 'The current state and the last hour.',
    node: 'Node',
    nodes: (heard: string, all: string) => `${heard} of ${all} nodes included`,
    uptime: 'Running for',
    lastOffset: 'Last offset',
    maxPending: 'Pending limit',
    refused: 'Events refused',
    replaying: 'Sockets in replay',
    streams: 'HTTP streams',
    longPolls: 'Long polls waiting',
    version: 'Version',
    lookAtThem: 'Show them',
    noChart: (metric: string) => `${metric}: no data yet`,
    chart: (metric: string, now: string, low: string, high: string) =>
      `${metric}: now ${now}, between ${low} and ${high} in the last hour`
  },
  health: {
    title: 'State',
    levels: { good: 'Everything works', attention: 'Needs attention', bad: 'Something is wrong' },
    rate: (rate: string) => `${rate} events/s in`,
    last: (age: string) => `last ${age} ago`,
    lastAlone: (age: string) => `last event ${age} ago`,
    noEvent: 'no event yet',
    refusing: (code: string) => `events are refused (${code})`,
    healthy: (sqs: string) => `${sqs} healthy`,
    failing: (sqs: string, code: string) => `${sqs} does not accept events (${code})`,
    failingQueue: (queue: string, code: string) => `the queue ${queue} does not accept events (${code})`,
    failingQueues: (queue: string, more: string, code: string) =>
      `${queue} and ${more} more queues do not accept events (${code})`,
    sqsOff: 'SQS switched off',
    deadLetters: (count: string) =>
      count === '1' ? '1 dead letter needs attention' : `${count} dead letters need attention`,
    rejected: (count: string) => `rejected requests in the last ten minutes: ${count}`,
    silent: (names: string) => `silent: ${names}`,
    andMore: (names: string, more: string) => `${names} and ${more} more`,
    stuck: (queue: string, age: string) => `an event for the queue ${queue} has been pending for ${age}`,
    lost: (time: string) => `Connection to the server lost. Everything below is as it was at ${time}.`,
    remedies: {
      stuck: (queue: string) =>
        `The oldest event of ${queue} is not sent, and no error is known: look for the queue in the server's log, check that SQS is switched on and that a node sends its events, then restart that node.`,
      failing: 'Fix the cause that the error names: the pending events are then sent in order.',
      toQueues: 'Show the queues',
      deadLetters: 'Dead letters are not sent again by themselves: fix the cause, then redrive them.',
      rejected:
        'Events of rejected requests are lost unless the sender tries again: correct its key, its address or its events.',
      toRejections: 'Show who sent them',
      silent:
        'Silent instances have sent nothing for longer than their limit: check their connection and the webhook of the hub.',
      toSilent: 'Show which'
    }
  },
  outcome: outcomeEn,
  tables: tablesEn,
  rejections: {
    title: 'Rejected requests',
    lead: 'Requests with events that this node did not accept. Their events are lost unless the sender tries again.',
    none: 'This node has not rejected any request with events since it started.',
    times: (count: string) => `times: ${count}`,
    last: (when: string) => `last: ${when}`,
    first: (when: string) => `first: ${when}`,
    forgotten: (count: string) => `Entries that are no longer listed: ${count}.`
  },
  faults: {
    unreachable: 'The server does not answer.',
    failing: 'The server answers with an error.',
    unreachableHint: 'The page tries again every two seconds. The numbers below are the last known ones.',
    queue: (queue: string) => `queue ${queue}`,
    moreQueues: (count: string) => `and ${count} more`,
    since: (when: string) => `since ${when}`,
    attempts: (count: string) => `attempts: ${count}`,
    components: {
      sqs: {
        title: 'SQS does not accept events.',
        hint: 'Events stay pending in order, and are sent when SQS accepts them again. Check the endpoint, the credentials and the network.'
      },
      eventLog: {
        title: 'The event log does not accept events.',
        hint: 'Events are refused until it accepts them again. Check the disk or the database; if too many deliveries are pending, check SQS.'
      },
      websocket: {
        title: 'Some sockets are not served.',
        hint: 'Other sockets are not affected. Look for clients that open many sockets or do not read; behind a proxy, check TRUST_PROXY.'
      },
      log: {
        title: 'The server cannot write its log.',
        hint: 'Events are not affected. Check the disk, or the program that reads standard output.'
      }
    }
  },
  errors: errorsEn,
  activity: {
    silent: 'silent',
    silentCount: (count: string) => `${count} silent`,
    lastEvent: 'Last event',
    noEvent: 'none known',
    counts: 'Events in the last minute · hour · day',
    connection: 'Connection',
    unknown: 'not known',
    /** Of a connection, as Evolution API reports them. */
    states: { open: 'open', connecting: 'connecting', close: 'closed' } as Record<string, string>,
    limit: 'Silent after (minutes)',
    limitOfServer: "the server's value",
    limitHelp: 'Minutes without an event after which this instance is silent. 0: never. Empty: the value of the server.'
  },
  limits: {
    title: 'Limits',
    help: '0: unlimited. Empty: the value of the server.',
    eventsPerSecond: 'Events per second, on each node',
    bytesPerSecond: 'Bytes per second, on each node',
    sockets: 'Open sockets with its token, on each node',
    retainedBytes: 'Bytes of its events in the log',
    default: (value: string) => `server: ${value}`,
    unlimited: 'unlimited'
  },
  instances: {
    lead: 'Each instance has its own token, and selects which of its events are sent where.',
    create: 'Create instance',
    search: 'Search by name',
    state: 'State',
    anyState: 'Any state',
    states: {
      sqs: 'SQS on',
      websocket: 'WebSocket on',
      off: 'Without a selection',
      silent: 'Silent'
    },
    counts: 'Events: min · h · day',
    created: 'Created',
    paging: 'Pages of instances',
    choose: (name: string) => `Choose ${name}`,
    chooseAll: 'Choose all on this page',
    setChosen: (count: string) => `Change chosen (${count})…`,
    setAll: (count: string) => `Change all ${count}…`,
    setTitle: (count: string) => (count === '1' ? 'Change 1 instance' : `Change ${count} instances`),
    transport: 'Transport',
    change: 'Selection',
    changes: {
      stored: 'On, with the events that each one had; without any, all',
      these: 'On, with these events',
      off: 'Off; the events stay stored'
    },
    set: (count: string) => `Change ${count}`,
    setting: (transport: string) => `Changing ${transport}`,
    setHelp: 'Instances that were changed stay changed, even if you leave this page.',
    failed: (count: string) => `not changed: ${count}`,
    moreFailures: (count: string) => `and ${count} more`,
    none: 'No instance is in this state.',
    empty: 'There are no instances yet. Create one, or send an event, which registers its instance.',
    notFound: (search: string) => `No instance has “${search}” in its name.`,
    events: (count: string) => (count === '1' ? '1 event' : `${count} events`),
    shared: 'shared queues'
  },
  create: {
    name: 'Name',
    nameHelp: 'The name becomes part of URLs, namespaces and queue names: prefer letters, digits, “.”, “-” and “_”.',
    token: 'Token (optional)',
    tokenHelp: 'Generated if empty.',
    submit: 'Create',
    done: (name: string) => `${name} was created`,
    next: 'Select its events'
  },
  token: {
    name: 'token',
    once: 'This is the token of the instance. It is shown only once: copy it now. It is valid for this instance only.'
  },
  instancePage: { since: (when: string) => `Since ${when}` },
  transports: {
    events: 'Events',
    nothingSelected: 'Nothing is selected: choose events, or switch it off.',
    saving: 'Saving…',
    saved: 'Saved.',
    unsaved: 'Not saved yet.',
    unchanged: 'No changes.',
    sqs: {
      title: 'Amazon SQS',
      enable: 'Send to its own queues',
      switchedOff: 'SQS is switched off on this server (standalone: SQS_ENABLED).',
      own: 'One queue for each event selected here.',
      standard: 'The queues are standard queues: without order and deduplication.',
      global: (prefix: string, count: string) =>
        `Global mode is also on: ${count} events of all instances are sent to shared queues, ${prefix}_<event>.`,
      single: (prefix: string, count: string) =>
        `Global mode is also on: ${count} events of all instances are sent to one shared queue, ${prefix}_singlequeue.`,
      twice:
        'Events selected here are then sent twice, and AWS charges for both (SQS_GLOBAL_ENABLED=auto sends them once).',
      unlessOwn: 'Events that are sent to a queue of this instance are not sent to the shared queues.'
    },
    websocket: {
      title: 'WebSocket',
      enable: 'Let clients connect',
      switchedOff: 'WebSocket is switched off on this server (standalone: WEBSOCKET_ENABLED).',
      own: (namespace: string) =>
        `Clients connect to the namespace ${namespace} with the global key or the token of this instance.`,
      global: 'Global mode is also on: the root namespace carries all events, regardless of this selection.'
    }
  },
  filters: filtersEn,
  queues: {
    title: 'Queues',
    other: (name: string, value: string, expected: string) =>
      `${name} is ${value}, new queues have ${expected}. The queue is used as it is.`,
    alsoSentTo: 'The same events are also sent to:',
    missing: 'SQS does not have this queue now. It is created with the next event for it.',
    differing: 'Queues with other attributes',
    differingLead:
      'These queues existed before, or the settings have changed since. The server never changes an existing queue: to apply the settings, change its attributes in AWS.',
    differingMore: (count: string) => `${count} more`
  },
  connect: {
    title: 'Connect a client',
    with: 'Client',
    stream: 'curl (HTTP stream)',
    polling: 'long polling',
    key: 'API_KEY is the token of this instance, or the global key. Never put the global key on a public page.'
  },
  connectQueue: {
    title: 'Read a queue',
    with: 'Language',
    queue: 'Queue',
    help: 'The AWS SDK takes credentials from the environment; an emulator accepts any. An event can arrive twice, with the same instance and id.'
  },
  hubWebhook: {
    title: 'Webhook of the hub',
    lead: 'Makes the hub send the events of this instance to this server.',
    hub: 'Hub',
    help: 'The address is that of this page: replace it if the hub reaches this server at a different one. Do not put the global key where tenants can read it.'
  },
  flow: {
    title: 'Where events go',
    follow: 'Follow an event',
    events: (count: string) => `events: ${count}`,
    filtered: 'filtered',
    reduced: 'without some members',
    unlessOwn: 'except events sent to own queues',
    notHere: 'not delivered here',
    kinds: {
      own: 'Own queues',
      shared: 'Shared queues',
      namespace: 'Sockets and streams',
      root: 'Sockets of all instances',
      log: 'Event log'
    }
  },
  danger: {
    title: 'Irreversible actions',
    token: 'New token',
    tokenHelp: 'Replaces the token. Clients with the old one are disconnected, at once or later.',
    tokenWarning: (name: string) =>
      `Clients of ${name} need the new token. They are disconnected when the current one becomes invalid. A token that was replaced earlier becomes invalid now.`,
    oldToken: 'The current token',
    keepOldFor: [
      [0, 'becomes invalid at once'],
      [3_600, 'is valid for another hour'],
      [86_400, 'is valid for another day'],
      [604_800, 'is valid for another 7 days'],
      [2_592_000, 'is valid for another 30 days']
    ] as readonly (readonly [seconds: number, label: string])[],
    oldValidUntil: (time: string) => `The old token is valid until ${time}.`,
    delete: 'Delete instance',
    deleteHelp:
      'Its sockets are disconnected at once. Events that were accepted are still sent. Its queues are kept, unless SQS_DELETE_UNUSED_QUEUES is true.',
    deleteTitle: (name: string) => `Delete ${name}?`,
    deleteWarning:
      'This deletes the token, the selections and the access to the history. Pending deliveries are still sent; dead letters stay until somebody handles them.',
    pending: 'Pending deliveries',
    showDeadLetters: 'Show them',
    typeName: (name: string) => `Type ${name} to confirm`
  },
  erasure: erasureEn,
  live: {
    lead: 'Events as they happen, received over WebSocket.',
    list: 'Live events, newest first',
    states: {
      connecting: 'Connecting…',
      live: 'Live',
      paused: 'Paused',
      reconnecting: 'Connection lost: reconnecting…',
      ended: 'Not connected'
    },
    rate: (count: string) => `${count} / s`,
    lostAt: (time: string) => `since ${time}`,
    lost: 'The connection to the server is lost. Events that happen meanwhile are loaded from the log when the server answers again.',
    shown: (count: string) => `${count} shown`,
    held: 'The list does not move while you read it.',
    showNew: (count: string) => `${count} new`,
    pause: 'Pause',
    resume: (missed: string) => `Resume (${missed} new)`,
    clear: 'Clear',
    empty: 'No events yet: they appear here as they happen. To send one, go to',
    globalOff:
      'Choose an instance above. To see all of them at once, set WEBSOCKET_GLOBAL_EVENTS=true on the server and restart it.',
    replayed: (count: string) => `Reconnected. Missed events that were loaded from the log: ${count}.`,
    incomplete: 'Reconnected, but events are missing: the log no longer has all events since the connection was lost.',
    refused: 'The server refuses the connection.',
    retryAt: (time: string) => `Next attempt at ${time}.`,
    notEnabled: (instance: string) => `${instance} has no events selected for WebSocket.`,
    enable: 'Enable WebSocket for this instance'
  },
  history: {
    lead: 'The events of the log, newest first.',
    list: 'Events of the log, newest first',
    paging: 'Pages of the list',
    newest: 'Newest',
    newer: 'Newer',
    older: 'Older',
    range: (count: string, first: string, last: string) =>
      `${count} ${count === '1' ? 'event' : 'events'}, offsets ${first} to ${last}`,
    empty: 'The log has no events here. Events stay in the log for EVENT_RETENTION_HOURS hours.',
    noneOfThese: 'The log has none of these events. Choose others above.'
  },
  log: logEn,
  send: {
    lead: 'Sends a test event from a template with realistic data. It is delivered like any other event.',
    event: 'Event',
    data: 'Data (JSON)',
    dataHelp: 'You can edit the data.',
    notJson: (line: string, column: string) => `This is not JSON: an error at line ${line}, column ${column}.`,
    cutJson: 'This is not JSON yet: it ends too early.',
    submit: 'Send event',
    reset: 'Back to the template',
    pickFirst: 'Choose an instance first.',
    unknown: (instance: string) =>
      `The instance ${instance} does not exist: it was never registered, or was deleted. Sending this event registers it.`,
    done: (id: string, offset: string) => `Accepted as ${id}, at offset ${offset}.`,
    notLogged: (id: string) => `Accepted as ${id}, but not stored: it is selected neither for queues nor for sockets.`
  },
  work: {
    progress: (done: string, total: string) => `${done} of ${total}`,
    finished: 'Done.',
    stopped: 'Stopped.',
    stop: 'Stop'
  },
  dead: {
    lead: 'Deliveries that SQS refused permanently. Fix the cause, then redrive them: they keep their ids.',
    reason: 'Reason',
    anyReason: 'Any',
    queue: 'Queue',
    anyQueue: 'Any',
    empty: 'No dead letters: SQS has accepted everything that was sent.',
    noneOfFilter: 'No dead letters match the filter.',
    counted: (count: string) => (count === '1' ? '1 dead letter' : `${count} dead letters`),
    inGroups: (count: string) => (count === '1' ? 'in 1 group' : `in ${count} groups`),
    groups: 'Dead letters by reason, instance and queue',
    moreGroups: (groups: string, letters: string) =>
      `Smaller groups that are not listed: ${groups}, with ${letters} dead letters. Choose an instance, a reason or a queue above.`,
    paging: 'Pages of dead letters',
    chooseAll: 'All on this page',
    choose: (event: string) => `Choose ${event}`,
    redrive: (count: string) => `Redrive ${count}`,
    redriveAll: (count: string) => `Redrive all ${count}`,
    redriveChosen: (count: string) => `Redrive chosen (${count})`,
    redriveOne: 'Redrive',
    discard: (count: string) => `Discard ${count}`,
    discardAll: (count: string) => `Discard all ${count}`,
    discardChosen: (count: string) => `Discard chosen (${count})`,
    discardOne: 'Discard',
    discardTitle: (count: string) => (count === '1' ? 'Discard 1 dead letter?' : `Discard ${count} dead letters?`),
    discardWarning: 'Their deliveries are deleted: SQS never receives them.',
    redriveTitle: (count: string) => `Redrive ${count} dead letters?`,
    redriveWarning: 'Unless the cause is fixed, they become dead letters again.',
    redriving: 'Redriving',
    sent: (count: string) => `sent: ${count}`,
    again: (count: string) => `failed again: ${count}`,
    againList: (count: string) => `Failed again (${count})`,
    moreLetters: (count: string) => `and ${count} more`,
    gone: (count: string) => `handled by somebody else: ${count}`,
    redriveHelp: 'Redriven dead letters are sent as soon as SQS accepts them, even if you leave this page.',
    discardHelp: 'Discarded dead letters stay discarded, even if you leave this page.',
    tried: (count: string) => (count === '1' ? 'tried once' : `tried ${count} times`),
    tooLarge: (bytes: string, limit: string) => `The message has ${bytes} bytes, the limit is ${limit}.`,
    first: (time: string) => `first ${time}`,
    last: (time: string) => `last ${time}`,
    between: (first: string, last: string) => `first ${first}, last ${last}`,
    advice: {
      tooLarge: 'Larger than SQS accepts. Set S3_BUCKET, so that large messages go to S3, then redrive.',
      accessDenied:
        'The credentials of the server may not send to this queue. Allow sqs:SendMessage on it, then redrive.',
      kms: 'The KMS key of the queue cannot be used. Enable it and allow kms:GenerateDataKey and kms:Decrypt, then redrive.',
      queueMissing: 'The queue does not exist. Create it, or allow sqs:CreateQueue, then redrive.',
      queueUnusable:
        'This server cannot use the queue because of one of its attributes. Delete the queue with its messages: the redrive creates it again.',
      bucketMissing: 'The bucket for large messages does not exist. Correct S3_BUCKET, then redrive.',
      invalid:
        'SQS does not accept this message as it is, and a redrive does not change it. Correct what the hub sends, and discard it.',
      damaged: 'The event cannot be read from the disk. Restore a backup, or discard it.',
      other: 'Look at the message of AWS, fix the cause, then redrive.'
    },
    discarding: 'Discarding',
    payload: 'Payload',
    payloadGone: 'The event is no longer in the log.'
  }
}

export type Texts = typeof en
