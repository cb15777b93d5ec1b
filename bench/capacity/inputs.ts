/** What one unit of work takes of PostgreSQL. */
export interface DatabaseCost {
  /** Microseconds of processor time. */
  cpuUs: number
  /** Bytes of write-ahead log. */
  walBytes: number
}

/** Measured by `npm run bench capacity`. Times are microseconds of processor time. */
export interface CapacityInputs {
  postgres: {
    /** A commit of events, however many. */
    commit: DatabaseCost
    /** An event of it, of 0.9 kB, that goes to no queue. */
    event: DatabaseCost
    /** A delivery to a queue: written with its event, read by the node that sends it, and acknowledged. */
    delivery: DatabaseCost
    /** The first of these three alone, during which other appends wait. */
    queuedUs: number
    /** Commits of acknowledgements, of each delivery, of 100 that come together. */
    deliveryCommits: number
    /** Bytes of tables and indexes of an event. */
    eventBytes: number
    /** A commit, for each other node: the notification, and the read of a node that has sockets for its events. */
    notifiedUs: number
    readUs: number
    /** An event of such a read. */
    followedUs: number
    /** A second, for each node that has nothing to do. */
    idleNodeUs: number
    /** A socket that resumes and has missed nothing; an event that it has missed. */
    resumeUs: number
    replayedUs: number
  }
  node: {
    /** An event that comes in an HTTP request of its own, with its share of the commit. */
    ingestUs: number
    /** Commits of such an event, of 64 connections. */
    eventCommits: number
    /** A delivery to a queue that another node has accepted. */
    deliveryUs: number
    /** An event to one socket. */
    emittedUs: number
    /** A commit of another node: the notification, and the read for sockets. */
    notifiedUs: number
    readUs: number
    /** An event of such a read. */
    followedUs: number
    /** A second without anything to do. */
    idleUs: number
    /** A ping to a socket, and its pong. */
    pingUs: number
    /** A socket that connects, with its key. */
    handshakeUs: number
    /** A socket that connects and resumes, and has missed nothing; an event that it has missed. */
    resumeUs: number
    replayedUs: number
    /**
     * Memory without sockets and with few instances (RSS); of each idle socket (RSS); of each instance with both
     * selections (heap).
     */
    baseBytes: number
    socketBytes: number
    instanceBytes: number
  }
}
