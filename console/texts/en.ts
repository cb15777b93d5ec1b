/** Every text of the console. Another language has the same members, or it does not compile. */
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
  notInAll: 'not part of “all”: holds secrets',
  selectedOf: (selected: string, all: string) => `${selected} of ${all}`,
  offset: 'Offset',
  when: 'When',
  eventId: 'Id',
  inspector: 'Event',
  inspectHint: 'Choose an event to see what is in it.',
  wholeMessage: 'Whole message',
  jsonCut: '… cut here: Copy has all of it.',
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
    lead: 'The global key opens everything; the token of an instance opens that instance.',
    key: 'Key',
    where: 'Kept in this tab until you close it or sign out. A generated key is in data/api-key on the server.',
    submit: 'Sign in',
    kept: 'Your key is still kept in this tab, but the server could not check it.',
    refused: 'Your key opens nothing any more: it was replaced, or its instance deleted. Sign in with another.'
  },
  overview: {
    lead: 'What happens now, and in the last five minutes.',
    well: 'All is well',
    unwell: 'Something is wrong',
    node: 'Node',
    nodes: (heard: string, all: string) => `${heard} of ${all} nodes heard`,
    uptime: 'Running for',
    lastOffset: 'Last offset',
    maxPending: 'Pending at most',
    refused: 'Events refused',
    replaying: 'Sockets catching up',
    version: 'Version',
    lookAtThem: 'Look at them',
    noChart: (metric: string) => `${metric}: not known yet`,
    chart: (metric: string, now: string, low: string, high: string) =>
      `${metric}: now ${now}, between ${low} and ${high} in the last five minutes`
  },
  faults: {
    unreachable: 'The server does not answer.',
    failing: 'The server answers with a fault.',
    unreachableHint: 'Asked again every two seconds. Numbers below are the last ones known.',
    queue: (queue: string) => `queue ${queue}`,
    moreQueues: (count: string) => `and ${count} more`,
    since: (when: string) => `since ${when}`,
    attempts: (count: string) => `tried ${count} ×`,
    components: {
      sqs: {
        title: 'SQS does not take events.',
        hint: 'They stay pending, in order, and are sent when it does. Look at the endpoint, the credentials and the network.'
      },
      eventLog: {
        title: 'The event log takes no events.',
        hint: 'They are refused until it does. Look at the disk or the database; if too much is pending, at SQS.'
      },
      websocket: {
        title: 'Sockets are not served.',
        hint: 'Others are. Look for clients that open many sockets or do not read; behind a proxy, at TRUST_PROXY.'
      },
      log: {
        title: 'The server cannot write its log.',
        hint: 'Events are not affected. Look at the disk, or at the program that reads the standard output.'
      }
    }
  },
  errors: {
    IEV_UNAUTHORIZED: 'The key does not open this.',
    IEV_INSTANCE_NOT_FOUND: 'There is no such instance.',
    IEV_INSTANCE_EXISTS: 'There is an instance of this name already.',
    IEV_INSTANCE_NAME_INVALID: 'This cannot be a name.',
    IEV_TOKEN_TAKEN: 'The token is in use already: take another.',
    IEV_SQS_QUEUE_UNAVAILABLE: 'SQS refused a queue; nothing was changed.',
    IEV_SQS_QUEUE_UNUSABLE: 'A queue is there that cannot be used; nothing was changed.',
    IEV_BACKPRESSURE: 'The server takes no events now: too much is pending.',
    IEV_CLOSING: 'The server is shutting down: try again in a moment.',
    IEV_DEAD_LETTER_NOT_FOUND: 'Some are gone already: somebody else took care of them. Load the list again.',
    NOT_THIS_SERVER: 'The answer is not one of this server: is something else at this address?',
    KEY_CHARACTERS: 'A key has printable ASCII characters only: was it copied whole?',
    UNREACHABLE: 'The server does not answer: is it running?',
    other: 'That did not work.'
  },
  instances: {
    lead: 'Each has a token of its own, and chooses which of its events go where.',
    create: 'Create instance',
    search: 'Search by name',
    shown: (count: string) => `${count} shown`,
    empty: 'There is no instance yet. Create one; or send an event in the name of one, and it is registered.',
    notFound: (search: string) => `No instance has “${search}” in its name.`,
    more: 'Load more',
    events: (count: string) => `${count} events`
  },
  create: {
    name: 'Name',
    nameHelp: 'It is part of URLs, namespaces and queue names: letters, digits, “.”, “-” and “_” are best.',
    token: 'Token (may be left empty)',
    tokenHelp: 'Generated if left empty.',
    submit: 'Create',
    done: (name: string) => `${name} was created`,
    goOn: 'Select its events'
  },
  token: {
    name: 'token',
    once: 'This is its token. It is shown this once: copy it now. It opens this instance and nothing else.'
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
      enable: 'Send to queues of its own',
      switchedOff: 'SQS is switched off on this server (standalone: SQS_ENABLED).',
      own: 'One queue for each event selected here.',
      standard: 'Queues are of the standard type: neither order nor deduplication.',
      global: (prefix: string, count: string) =>
        `Besides, global mode is on: ${count} events of all instances go to shared queues, ${prefix}_<event>, whatever is selected here.`,
      single: (prefix: string, count: string) =>
        `Besides, global mode is on: ${count} events of all instances go to one shared queue, ${prefix}_singlequeue, whatever is selected here.`
    },
    websocket: {
      title: 'WebSocket',
      enable: 'Let clients listen',
      switchedOff: 'WebSocket is switched off on this server (standalone: WEBSOCKET_ENABLED).',
      own: (namespace: string) =>
        `Clients listen on the namespace ${namespace}, with the global key or this instance’s token.`,
      global: 'Besides, global mode is on: the root namespace carries every event, whatever is selected here.'
    }
  },
  queues: {
    title: 'Queues',
    missing: 'SQS does not have this queue now. It is made again with the next event, or by saving.'
  },
  connect: {
    title: 'Connect a client',
    with: 'Client',
    clients: { client: 'connectInstance', 'socket.io': 'socket.io-client' },
    key: 'API_KEY is this instance’s token, or the global key. Never put the global key into a page of the public.'
  },
  danger: {
    title: 'What cannot be undone',
    token: 'New token',
    tokenHelp: 'A new token for this instance: who uses the old one is disconnected.',
    tokenWarning: (name: string) =>
      `Clients that use the present token of ${name} are disconnected at once, and need the new one.`,
    delete: 'Delete instance',
    deleteHelp: 'Its sockets are disconnected at once; what it accepted is still sent. Queues stay.',
    deleteTitle: (name: string) => `Delete ${name}?`,
    deleteWarning:
      'Its token, its selections and the right to read its history are gone. Events already accepted are still sent.',
    typeName: (name: string) => `Type ${name} to confirm`
  },
  live: {
    lead: 'Events as they happen, over this project’s own WebSocket.',
    list: 'Live events, newest first',
    states: {
      connecting: 'Connecting…',
      live: 'Live',
      reconnecting: 'Connection lost: reconnecting…',
      ended: 'Not connected'
    },
    rate: (count: string) => `${count} / s`,
    pause: 'Pause',
    goOn: (missed: string) => `Go on (${missed} new)`,
    clear: 'Clear',
    empty: 'Nothing yet: events show up here as they happen. To see one,',
    globalOff:
      'Pick an instance above. To see all of them at once, set WEBSOCKET_GLOBAL_EVENTS=true on the server and start it again.',
    replayed: (count: string) => `The connection is back. Events that came meanwhile and were sent after: ${count}.`,
    incomplete:
      'The connection is back, but the log does not reach to where it was lost: some events are missing here.',
    refused: 'The server does not let this page listen.',
    retryAt: (time: string) => `The next attempt is at ${time}.`,
    notEnabled: (instance: string) => `${instance} has no events selected for WebSocket.`,
    enable: 'Enable WebSocket for this instance'
  },
  history: {
    lead: 'What the log holds, newest first.',
    list: 'Events of the log, newest first',
    paging: 'Pages',
    newest: 'Newest',
    newer: 'Newer',
    older: 'Older',
    range: (count: string, first: string, last: string) => `${count} events, offsets ${first} to ${last}`,
    empty: 'The log has no events here. They stay in it for as long as the server keeps them (EVENT_RETENTION_HOURS).',
    noneOfThese: 'The log has none of these events. Choose others above.'
  },
  send: {
    lead: 'A test event, from a template that looks like the real one. It goes wherever such events go.',
    event: 'Event',
    data: 'Data (JSON)',
    dataHelp: 'Change what you like.',
    notJson: (fault: string) => `This is not JSON: ${fault}`,
    submit: 'Send event',
    reset: 'Back to the template',
    pickFirst: 'Choose an instance first.',
    unknown: (instance: string) =>
      `There is no instance ${instance}: it never was, or was deleted. Sending this event registers it anew.`,
    done: (id: string, offset: string) => `Accepted as ${id}, at offset ${offset}.`
  },
  dead: {
    lead: 'Deliveries that SQS refused for good. Mend the cause, then redrive: they keep their ids.',
    reason: 'Reason',
    anyReason: 'Any',
    empty: 'No dead letters: SQS took everything that was sent.',
    chooseAll: 'All on this page',
    choose: (event: string) => `Choose ${event}`,
    redrive: (count: string) => `Redrive ${count}`,
    redriveAll: 'Redrive all of this filter',
    redriveOne: 'Redrive',
    discard: (count: string) => `Discard ${count}`,
    discardOne: 'Discard',
    discardTitle: 'Discard dead letters?',
    discardWarning: (count: string) => `${count} deliveries are forgotten: SQS never gets them.`,
    redriving: 'Redriving',
    discarding: 'Discarding',
    progress: (done: string, total: string) => `${done} of ${total}`,
    finished: 'Done.',
    stop: 'Stop',
    queue: 'for queue',
    payload: 'Payload',
    payloadGone: 'The event has left the log.'
  }
}

export type Texts = typeof en
