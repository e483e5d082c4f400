/**
 * What sabotages of an HTTP client are made of.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Stream from "effect/Stream"
import { instead, type Sabotage } from "../sabotage.ts"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse
type Answer = Effect.Effect<Response, HttpClientError.HttpClientError>

/** What it does otherwise than the client that it is given. */
export type HttpSabotage = Sabotage<(client: HttpClient.HttpClient) => HttpClient.HttpClient>

/** Every request is another one. */
export const request = (change: (request: Request) => Request) => HttpClient.mapRequest(change)

/** Every call goes another way. */
export const call = (change: (answer: Answer, request: Request) => Answer) => HttpClient.transform(change)

/** Every answer has something else. */
export const response = (change: (response: Response) => Partial<Response>) =>
  HttpClient.transformResponse(Effect.map((response: Response) => instead(response, change(response))))

/** Every answer's body is another one. */
export const stream = (
  change: (stream: Response["stream"]) => Stream.Stream<Uint8Array, HttpClientError.HttpClientError>,
) => response(({ stream }) => ({ stream: change(stream) }))
