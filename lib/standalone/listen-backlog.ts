/**
 * Connections that wait to be accepted: as many as come back at once after a restart. Node's default is 511. The system lowers it
 * to its own limit (`net.core.somaxconn`).
 */
export const LISTEN_BACKLOG = 16_384
