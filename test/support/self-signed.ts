import { readFileSync } from 'node:fs'

const FOLDER = `${import.meta.dirname}/../fixtures/tls`

/** The file of a certificate for `localhost` and `sqs.test` that only tests trust. */
export const CERTIFICATE_FILE = `${FOLDER}/certificate.pem`

/** The certificate and its key. */
export const SELF_SIGNED = { cert: readFileSync(CERTIFICATE_FILE), key: readFileSync(`${FOLDER}/key.pem`) }
