import type { Server } from "@voiceclone/testing/HttpClientConformance"
import "vitest"

/** A running server, and a key that it accepts. */
interface Access {
  readonly baseUrl: string
  readonly apiKey: string
}

declare module "vitest" {
  interface ProvidedContext {
    readonly servers: {
      /** A real server that every page may call. */
      readonly open: Access
      /** A real server that only pages of another origin may call. */
      readonly foreign: Access
      /** Redirects every call, but for the result, which it compresses. */
      readonly twisted: Access
      /** As twisted, and shows no page that it compresses. */
      readonly hiding: Access
      /** Refuses every call, and quotes all that it has been sent for a token. */
      readonly quoting: Pick<Access, "baseUrl">
      /** The server of the suite for HTTP clients. */
      readonly conformance: Server
    }
  }
}
