/**
 * A message to whoever is to be told that a task has ended, and where it may go.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Schema from "effect/Schema"
import { createHmac, randomBytes } from "node:crypto"
import { isIP } from "node:net"
import { isPublic } from "./PublicAddress.ts"

const longest = 2048

/**
 * What is wrong with an address, in a sentence that begins with `webhook_url`; `undefined` where nothing is. Where a name
 * leads is judged when it is connected to.
 */
export const refuse = (url: string, allowPrivate: boolean): string | undefined => {
  const parsed = URL.canParse(url) && url.length <= longest ? new URL(url) : undefined
  if (parsed === undefined) return `webhook_url is not a URL of at most ${longest} characters`
  if (parsed.protocol !== "https:" && !(allowPrivate && parsed.protocol === "http:")) {
    return "webhook_url does not begin with https:"
  }
  if (parsed.username !== "" || parsed.password !== "") return "webhook_url holds a user name or a password"
  const host = parsed.hostname.replace(/^\[|\]$/gu, "")
  if (isIP(host) !== 0 && !allowPrivate && !isPublic(host)) return "webhook_url leads to an address that is not public"
  return undefined
}

const prefix = "whsec_"

/** A key to sign with: 256 random bits. */
export const randomSecret = (): string => `${prefix}${randomBytes(32).toString("base64")}`

const Message = Schema.fromJsonString(
  Schema.Struct({
    type: Schema.Literals(["task.completed", "task.failed"]),
    timestamp: Schema.DateTimeUtcFromString,
    data: TaskStatusResponse,
  }),
)

/** The body. It is the same at each attempt, as the task has ended. */
export const encode = Schema.encodeSync(Message)

/**
 * The headers that name and sign a message: `v1` is HMAC-SHA256 over id, time and body.
 *
 * @param seconds when this attempt is made, since 1970
 */
export const sign = (secret: string, id: string, seconds: number, body: string): Record<string, string> => ({
  "webhook-id": id,
  "webhook-timestamp": String(seconds),
  "webhook-signature": `v1,${createHmac("sha256", Buffer.from(secret.slice(prefix.length), "base64"))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64")}`,
})
