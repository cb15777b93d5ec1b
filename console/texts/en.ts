/** All texts of the console. Other languages have the same members, which the compiler checks. */
export const en = {
  product: 'Instance events',
  loading: 'Loading…',
  skipToContent: 'Skip to content',
  navigation: 'Pages',
  language: 'Language',
  theme: 'Appearance',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  signOut: 'Sign out',
  signedInGlobal: 'Global key',
  signedInAs: (instance: string) => `Token of ${instance}`,
  ownInstance: 'Instance',
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
  all: 'All',
  none: 'None',
  off: 'off',
  previous: 'Previous',
  next: 'Next',
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
  selectedOf: (selected: string, all: string) => `${selected} of ${all}`,
  offset: 'Offset',
  when: 'When',
  eventId: 'Id',
  inspector: 'Event',
  inspectHint: 'Choose an event to see its content.',
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
    lead: 'The current state and the last five minutes.',
    well: 'Everything works',
    unwell: 'Something is wrong',
    rejecting: 'Events are rejected',
    node: 'Node',
    nodes: (heard: string, all: string) => `${heard} of ${all} nodes included`,
    uptime: 'Running for',
    lastOffset: 'Last offset',
    maxPending: 'Pending limit',
    refused: 'Events refused',
    replaying: 'Sockets in replay',
    version: 'Version',
    lookAtThem: 'Show them',
    noChart: (metric: string) => `${metric}: no data yet`,
    chart: (metric: string, now: string, low: string, high: string) =>
      `${metric}: now ${now}, between ${low} and ${high} in the last five minutes`
  },
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
        hint: 'Events are refused until then. Check the disk or the database; if too many deliveries are pending, check SQS.'
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
  errors: {
    IEV_UNAUTHORIZED: 'Invalid key.',
    IEV_INSTANCE_NOT_FOUND: 'This instance does not exist.',
    IEV_INSTANCE_EXISTS: 'An instance of this name exists already.',
    IEV_INSTANCE_NAME_INVALID: 'Invalid name.',
    IEV_OPERATOR_INSTANCE: 'This instance is reserved for the operator.',
    IEV_TOKEN_TAKEN: 'The token is already in use: choose another one.',
    IEV_SQS_QUEUE_UNAVAILABLE: 'SQS refused a queue; nothing was changed.',
    IEV_SQS_QUEUE_UNUSABLE: 'A queue of this name exists but cannot be used; nothing was changed.',
    IEV_BACKPRESSURE: 'The server does not accept events now: too many deliveries are pending.',
    IEV_CLOSING: 'The server is shutting down: try again in a moment.',
    IEV_DEAD_LETTER_NOT_FOUND: 'Some of them no longer exist: somebody else has handled them. Load the list again.',
    NOT_THIS_SERVER: 'The answer is not from this server: is another one at this address?',
    KEY_CHARACTERS: 'A key has only printable ASCII characters: was it copied completely?',
    UNREACHABLE: 'The server does not answer: is it running?',
    other: 'The request failed.'
  },
  activity: {
    quietest: 'Quietest instances',
    silent: 'silent',
    silentCount: (count: string) => `${count} silent`,
    lastEvent: 'Last event',
    noEvent: 'no event known',
    counts: 'Events in the last minute · hour · day',
    connection: 'Connection',
    unknown: 'not known',
    limit: 'Silent after (minutes)',
    limitOfServer: "the server's value",
    limitHelp: 'Minutes without an event after which this instance is silent. 0: never. Empty: the value of the server.'
  },
  instances: {
    lead: 'Each instance has its own token, and selects which of its events are sent where.',
    create: 'Create instance',
    search: 'Search by name',
    shown: (count: string) => `${count} shown`,
    empty: 'There are no instances yet. Create one, or send an event, which registers its instance.',
    notFound: (search: string) => `No instance has “${search}” in its name.`,
    more: 'Load more',
    events: (count: string) => `${count} events`
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
    sqs: {
      title: 'Amazon SQS',
      enable: 'Send to its own queues',
      switchedOff: 'SQS is switched off on this server (standalone: SQS_ENABLED).',
      own: 'One queue for each event selected here.',
      standard: 'The queues are standard queues: without order and deduplication.',
      global: (prefix: string, count: string) =>
        `Global mode is also on: ${count} events of all instances are sent to shared queues, ${prefix}_<event>, regardless of this selection.`,
      single: (prefix: string, count: string) =>
        `Global mode is also on: ${count} events of all instances are sent to one shared queue, ${prefix}_singlequeue, regardless of this selection.`
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
  queues: {
    title: 'Queues',
    missing: 'SQS does not have this queue now. It is created again with the next event, or when you save.'
  },
  connect: {
    title: 'Connect a client',
    with: 'Client',
    clients: { client: 'connectInstance', 'socket.io': 'socket.io-client' },
    key: 'API_KEY is the token of this instance, or the global key. Never put the global key on a public page.'
  },
  danger: {
    title: 'Irreversible actions',
    token: 'New token',
    tokenHelp: 'Replaces the token. Clients with the old one are disconnected.',
    tokenWarning: (name: string) =>
      `Clients with the current token of ${name} are disconnected at once, and need the new one.`,
    delete: 'Delete instance',
    deleteHelp: 'Its sockets are disconnected at once. Events that were accepted are still sent. Queues stay.',
    deleteTitle: (name: string) => `Delete ${name}?`,
    deleteWarning:
      'This deletes the token, the selections and the access to the history. Events that were accepted are still sent.',
    typeName: (name: string) => `Type ${name} to confirm`
  },
  live: {
    lead: 'Events as they happen, received over WebSocket.',
    list: 'Live events, newest first',
    states: {
      connecting: 'Connecting…',
      live: 'Live',
      reconnecting: 'Connection lost: reconnecting…',
      ended: 'Not connected'
    },
    rate: (count: string) => `${count} / s`,
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
    paging: 'Pages',
    newest: 'Newest',
    newer: 'Newer',
    older: 'Older',
    range: (count: string, first: string, last: string) => `${count} events, offsets ${first} to ${last}`,
    empty: 'The log has no events here. Events stay in the log for EVENT_RETENTION_HOURS hours.',
    noneOfThese: 'The log has none of these events. Choose others above.'
  },
  send: {
    lead: 'Sends a test event from a template with realistic data. It is delivered like any other event.',
    event: 'Event',
    data: 'Data (JSON)',
    dataHelp: 'You can edit the data.',
    notJson: (fault: string) => `This is not JSON: ${fault}`,
    submit: 'Send event',
    reset: 'Back to the template',
    pickFirst: 'Choose an instance first.',
    unknown: (instance: string) =>
      `The instance ${instance} does not exist: it was never registered, or was deleted. Sending this event registers it.`,
    done: (id: string, offset: string) => `Accepted as ${id}, at offset ${offset}.`
  },
  dead: {
    lead: 'Deliveries that SQS refused permanently. Fix the cause, then redrive them: they keep their ids.',
    reason: 'Reason',
    anyReason: 'Any',
    empty: 'No dead letters: SQS has accepted everything that was sent.',
    chooseAll: 'All on this page',
    choose: (event: string) => `Choose ${event}`,
    redrive: (count: string) => `Redrive ${count}`,
    redriveAll: 'Redrive all that match the filter',
    redriveOne: 'Redrive',
    discard: (count: string) => `Discard ${count}`,
    discardOne: 'Discard',
    discardTitle: 'Discard dead letters?',
    discardWarning: (count: string) => `${count} deliveries are deleted: SQS never receives them.`,
    redriving: 'Redriving',
    discarding: 'Discarding',
    progress: (done: string, total: string) => `${done} of ${total}`,
    finished: 'Done.',
    stop: 'Stop',
    queue: 'for queue',
    payload: 'Payload',
    payloadGone: 'The event is no longer in the log.'
  }
}

export type Texts = typeof en
