/**
 * Who calls: by a token of the visitor's, by cookies, or by a key.
 */
import { InvalidInput } from "@voiceclone/core/TaskError"
import type * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import type { Options } from "../ClientBrowser.ts"
import * as HttpClientBrowser from "../HttpClientBrowser.ts"

/** Stands where a key would be, and is never sent. */
const noKey = "none"

/** What calls the server, made on an `HttpClient` that says who the visitor is. */
export const layer = <I, S, E>(
  service: Context.Key<I, S>,
  options: Options,
  make: (options: VoiceCloneClient.Options) => Effect.Effect<S, E, HttpClient.HttpClient>,
): Layer.Layer<I, E | InvalidInput> =>
  Layer.effect(service, identify(options, make)).pipe(
    // a key says it already
    Layer.provide(HttpClientBrowser.layer(options.apiKey === undefined ? options : { ...options, token: undefined })),
  )

const identify = Effect.fnUntraced(function* <A, E>(
  { allowApiKeyInBrowser = false, token, ...options }: Options,
  make: (options: VoiceCloneClient.Options) => Effect.Effect<A, E, HttpClient.HttpClient>,
) {
  const { apiKey, baseUrl, credentials = "omit" } = options
  const isKeyless = apiKey === undefined && (token !== undefined || credentials !== "omit")
  if (!isKeyless && !allowApiKeyInBrowser && isInPage()) {
    return yield* new InvalidInput({
      input: "options",
      reason: "Whoever opens this page can read the API key in it",
      nextStep:
        "Give a token callback, or call a server of your own that adds the key (credentials); or, where the key is the visitor's own, set allowApiKeyInBrowser: true.",
    })
  }
  const http = yield* HttpClient.HttpClient
  return yield* Effect.provideService(
    make({
      ...options,
      apiKey: isKeyless ? noKey : apiKey,
      // a path of this page's own server is enough
      baseUrl: baseUrl === undefined || !isInPage() ? baseUrl : resolve(baseUrl),
    }),
    HttpClient.HttpClient,
    isKeyless ? HttpClient.mapRequest(http, HttpClientRequest.removeHeader("authorization")) : http,
  )
})

const resolve = (baseUrl: string): string => {
  try {
    return new URL(baseUrl, globalThis.location.href).href
  } catch {
    // whoever takes it says what is wrong with it
    return baseUrl
  }
}

/** A page, or a worker of one. */
const isInPage = (): boolean => "document" in globalThis || "WorkerNavigator" in globalThis
