/**
 * Tests in which no coverage is measured: what they run is covered by faster ones. Code that only they run counts as
 * not covered. A name that ends with / is a folder.
 */
const NOT_MEASURED = [
  '.tap/suites/unmeasured/',
  'test/chaos/',
  'test/console/',
  'test/documents/',
  'test/fuzz/',
  'test/operations/',
  'test/scripts/',
  'test/simulation/',
  'test/types/',
  ...[
    'clock-set-back',
    'evolution-webhooks',
    'handover-processes',
    'host-decorators',
    'host-settings',
    'instance-in-path',
    'loaded-packages',
    'lost-end',
    'namespaces',
    'order',
    'require',
    'resume-lost-log',
    'resume-many',
    'slow-clients',
    'sqs-clock',
    'sqs-down',
    'sqs-provisioning',
    'standalone-app',
    'tenancy-sockets'
  ].map((name) => `test/behaviour/${name}.test.ts`),
  'test/asyncapi/page.test.ts',
  'test/cli/interrupted.test.ts',
  'test/client/browser.test.ts',
  'test/event-log/time-zone.test.ts',
  'test/plugins/own-client.test.ts',
  'test/plugins/own-store.test.ts',
  'test/routes/compilers.test.ts',
  'test/routes/docs-page.test.ts',
  'test/standalone/cors.test.ts',
  'test/standalone/request-time.test.ts',
  'test/standalone/way-to-aws.test.ts',
  'test/store/sqlite/killed-while-appending.test.ts',
  'test/telemetry/instrumented-host.test.ts'
]

/** The files that a test covers, for tap: all, or null if coverage is not measured. */
export default (test: string): string[] | null => (NOT_MEASURED.some((path) => test.startsWith(path)) ? null : [])
