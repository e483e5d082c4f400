/** Holds the unions of errors to exactly what each method says; checked by the compiler alone. */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { CloneJob, events } from "../src/CloneJob.ts"
import type { Download } from "../src/Download.ts"
import type { receive, submit } from "../src/InMemory.ts"
import type { JobEvent } from "../src/JobEvent.ts"
import type { Poller } from "../src/Poller.ts"
import type { VoiceCloneClient, layer } from "../src/VoiceCloneClient.ts"

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Failure<F extends (...args: never) => unknown> =
  ReturnType<F> extends Effect.Effect<infer _A, infer E, infer _R>
    ? Tag<E>
    : ReturnType<F> extends Stream.Stream<infer _A, infer E, infer _R>
      ? Tag<E>
      : never
type Tag<E> = E extends { readonly _tag: infer T } ? T : never

const check = <_Holds extends true>() => {}

type Api =
  | "InvalidApiKey"
  | "RequestRejected"
  | "TooManyRequests"
  | "ServerUnavailable"
  | "UnexpectedResponse"
  | "ConnectionFailed"
type Create = Api | "AccessDenied" | "InvalidInput" | "SampleUnreadable" | "CreateOutcomeUnknown" | "JournalFailed"
type Status = Api | "AccessDenied" | "TaskNotFound"
type Wait = Status | "TaskFailed" | "WaitTimedOut"
type Result = Api | "AccessDenied" | "TaskNotFound" | "TaskNotReady" | "ResultExpired"
type Save = Result | "InvalidInput" | "ResultCorrupt" | "TargetUnwritable" | "TargetBusy"
type Journal = "JournalFailed" | "JournalUnreadable" | "JobBusy"

type Client = VoiceCloneClient["Service"]
check<Equal<Failure<Client["create"]>, Create>>()
check<Equal<Failure<Client["status"]>, Status>>()
check<Equal<Failure<Client["result"]>, Result>>()
check<Equal<Failure<Poller["Service"]["watch"]>, Status | "WaitTimedOut">>()
check<Equal<Failure<Poller["Service"]["awaitCompletion"]>, Wait>>()
check<Equal<Failure<Download["Service"]["toFile"]>, Save>>()
check<Equal<Failure<Download["Service"]["checkTarget"]>, "InvalidInput" | "TargetUnwritable">>()
check<Equal<Failure<typeof receive>, Result | "ResultCorrupt">>()
check<Equal<Failure<typeof submit>, Create>>()
check<Equal<Failure<Download["Service"]["reserve"]>, "InvalidInput" | "TargetUnwritable" | "TargetBusy">>()
check<
  Equal<Failure<CloneJob["Service"]["create"]>, Create | Journal | "TaskNotFound" | "TaskFailed" | "ResultExpired">
>()
check<Equal<Failure<CloneJob["Service"]["run"]>, Create | Wait | Save | Journal>>()
check<Equal<Failure<CloneJob["Service"]["finish"]>, Wait | Save | Journal>>()

// a stream of events adds no error of its own, and a layer fails for its options alone
type Events = ReturnType<typeof events<1, Error, never>>
check<Equal<Events, Stream.Stream<JobEvent, Error>>>()
check<
  Equal<ReturnType<typeof layer> extends Layer.Layer<infer _A, infer E, infer _R> ? Tag<E> : never, "InvalidInput">
>()
