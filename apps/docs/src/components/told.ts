/** Events and requests, in words for people. */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { RecordedRequest } from "@voiceclone/testing/FakeApi"

const bytes = (count: number) => `${count.toLocaleString("en")} bytes`

/** What an event says besides its name. */
export const event = (event: JobEvent): string => {
  switch (event._tag) {
    case "Uploading":
      return `${event.sentBytes.toLocaleString("en")} of ${bytes(event.totalBytes)}`
    case "Submitted":
      return `${event.taskId}: paid for`
    case "Resumed":
      return `${event.taskId}, ${event.state}`
    case "Polled":
      return event.task.reportedStatus
    case "NotFoundYet":
      return `asking again for ${Math.ceil(event.leftMillis / 1000)} s`
    case "Downloading":
      return event.totalBytes === undefined
        ? bytes(event.receivedBytes)
        : `${event.receivedBytes.toLocaleString("en")} of ${bytes(event.totalBytes)}`
    case "Verified":
      return `${event.seconds.toFixed(1)} s, SHA-256 ${event.sha256.slice(0, 12)}…`
    case "Saved":
      return event.path
    case "Retrying":
      return `${event.step} in ${(event.delayMillis / 1000).toFixed(1)} s: ${event.error}`
    case "HeldInMemory":
      return `the ${event.what}: ${event.reason}`
  }
}

/** A request's first line, what it asks for in particular, and how it went. */
export const request = ({ method, path, headers, answer, outcome }: RecordedRequest) => ({
  line: `${method} ${path.replace("/api/async-clone", "")}`,
  fields: ["idempotency-key", "range", "if-range"].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${headers[name]}`],
  ),
  went:
    outcome === "open"
      ? "…"
      : outcome === "brokenOff"
        ? answer === undefined || answer.bytes === 0
          ? "reset before an answer"
          : `${answer.status}, reset after ${bytes(answer.bytes)}`
        : outcome === "aborted"
          ? "aborted by the client"
          : `${answer?.status ?? ""}, ${bytes(answer?.bytes ?? 0)}`,
})
