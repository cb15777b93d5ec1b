/** All types in the signatures of plugins, decorators and errors. test/types/public.test.ts checks that none is missing. */
export type { AcceptOptions, EmitResult, EventLog } from './event-log/event-log.ts'
export type { Erasure, ErasureRequest, ErasureResult, ErasureScope } from './erasure/erasure.ts'
export type { MessageParams } from './error-class.ts'
export type { ErasureReply } from './schemas/erasure.ts'
export type { Forgotten, Route, Transport } from './event-log/transport.ts'
export type { CatalogueEvent, CatalogueOptions, EventCatalogue, ResolvedSelection } from './events/catalogue.ts'
export type {
  Counter as MetricCounter,
  Histogram as MetricHistogram,
  Instrument as Metric,
  Reading as MetricReading,
  Sample as MetricSample
} from './telemetry/instruments.ts'
export type { HubName } from './hubs/hub.ts'
export type { Metrics } from './telemetry/metrics.ts'
export type { Fault, QueueFault } from './operation/fault.ts'
export type { Activities, Activity } from './activity/activities.ts'
export type { ActivityRecord } from './activity/activity-table.ts'
export type { InstanceActivity, Silence, SilenceWatcher, Silences } from './activity/silences.ts'
export type { EventCounts } from './activity/windows.ts'
export type { OldestDelivery, PendingAge } from './event-log/pending-age.ts'
export type { RateName } from './event-log/rate-limits.ts'
export type { Check } from './operation/readiness.ts'
export type { Load, Refusal, Refusals } from './event-log/refusals.ts'
export type { InstanceEventInput } from './schemas/event-input.ts'
export type { InstanceEventMap } from './schemas/events/index.ts'
export type { OperatorEventMap } from './schemas/events/operator.ts'
export type { OperatorEventData, OperatorEventName, OperatorEvents } from './operator/operator-events.ts'
export type { AppOptions } from './schemas/options/app.ts'
export type { EventLogOptions } from './schemas/options/event-log.ts'
export type { Credentials, S3Options, SqsGlobalOptions, SqsOptions } from './schemas/options/sqs.ts'
export type { QueueAttributes, QueueAttributesByKind } from './schemas/options/queue-attributes.ts'
export type { WebsocketOptions } from './schemas/options/websocket.ts'
export type { SelectionRequest } from './instances/selections.ts'
export type { DeadLetters } from './sqs/dead-letters.ts'
export type { BatchResult } from './sqs/batch-client.ts'
export type { SqsClientLike } from './sqs/client-like.ts'
export type { PreparedSelection, QueueActivity, SqsEmitter, SqsMode, SqsSelection } from './sqs/emitter.ts'
export type { FailureKind, SendFailure } from './sqs/failures.ts'
export type { Holdup } from './sqs/holdup.ts'
export type { SentCount } from './sqs/sent-count.ts'
export type { InstanceQueue } from './sqs/instance-queues.ts'
export type { SqsDestination } from './sqs/address.ts'
export type { DifferingQueues, OtherAttribute } from './sqs/new-queues.ts'
export type { QueueType } from './sqs/queue-names.ts'
export type { NamePage } from './instances/names.ts'
export type { AutoRegistration } from './instances/auto-registration.ts'
export type {
  CreateInstanceInput,
  InstanceChange,
  InstanceDirectory,
  SelectionInput,
  SetTokenOptions
} from './instances/directory.ts'
export type {
  AppendResult,
  CommonHistory,
  Comparison,
  ErasedEvent,
  EventSum,
  LogPage,
  LogRange,
  LogStore,
  LogSubscriber,
  PageRequest,
  PruneOptions,
  ReadOptions,
  ReadPagesOptions,
  SumsOptions
} from './store/log-store.ts'
export type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterGroup,
  DeadLetterGrouping,
  DeadLetterGroups,
  DeadLetterPage,
  DeadLetterStore,
  RedriveOutcome
} from './store/dead-letter-store.ts'
export type {
  DeliveryFailure,
  DeliveryRef,
  DeliveryStore,
  LaneKey,
  LaneWatcher,
  OldestPending,
  PendingShare,
  PendingShares,
  UnsentDelivery
} from './store/delivery-store.ts'
export type { KnownQueue, QueueStore } from './store/queue-store.ts'
export type { BlockedAddresses } from './store/blocked-addresses.ts'
export type { EventStore, NodeStatus } from './store/event-store.ts'
export type { QueueDeletions } from './store/queue-deletions.ts'
export type { KeptSample, NodeSample, SampleStore } from './store/sample-store.ts'
export type { EventFilter } from './filters/event-filter.ts'
export type { Omission } from './filters/omission.ts'
export type { WithData } from './filters/parsed-data.ts'
export type {
  AlternativePolicy,
  FilterCondition,
  FilterPolicy,
  NumericComparison,
  NumericRange
} from './schemas/filter-policy.ts'
export type { ResolvedRequest, SetOptions } from './instances/selections.ts'
export type { WrongKeys } from './instances/wrong-keys.ts'
export type { InstanceLimits } from './instances/limits.ts'
export type { FormerToken, Instance, Selection, TransportName } from './instances/instance.ts'
export type { NewEvent, StoredEvent } from './events/event.ts'
export type {
  AcceptTrace,
  DeadLetterNotice,
  EventReference,
  SendTrace,
  SlowClientNotice
} from './telemetry/channels.ts'
export type { WebsocketEmitter, WebsocketSelection } from './websocket/emitter.ts'
