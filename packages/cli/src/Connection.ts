/**
 * The client that a command works with: of the server that the flags or the environment name, or of an embedded one
 * that lives as long as the command.
 */
import type { InvalidInput } from "@voiceclone/core/TaskError"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as HttpClientNode from "@voiceclone/node/HttpClientNode"
import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { defaultDataDirectory } from "./DataDirectory.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Settings from "./Settings.ts"
import type { Usage } from "./Usage.ts"

/** {@link file://./Flags.ts} */
export interface Options {
  readonly baseUrl: Option.Option<string>
  readonly local: boolean
  readonly data: Option.Option<string>
}

export const layer = (
  options: Options,
): Layer.Layer<VoiceCloneNode.Services, InvalidInput | Usage | EmbeddedServer.StartError> =>
  options.local ? local(options) : remote(options)

const remote = ({ baseUrl }: Options) => Layer.unwrap(Effect.map(settings(baseUrl), VoiceCloneNode.layer))

/** The client alone of the server that is named: what a call takes, without what a job takes. */
export const client = (
  baseUrl: Option.Option<string>,
): Layer.Layer<VoiceCloneClient.VoiceCloneClient, InvalidInput | Usage> =>
  Layer.unwrap(Effect.map(settings(baseUrl), (options) => VoiceCloneClient.layer(options))).pipe(
    Layer.provide(HttpClientNode.layer()),
  )

const settings = (baseUrl: Option.Option<string>) =>
  Effect.map(Settings.resolve(baseUrl), ({ baseUrl, apiKey, allowInsecure }) => ({
    apiKey: apiKey?.value,
    baseUrl: baseUrl.value,
    allowInsecure,
  }))

const local = ({ data }: Options) =>
  Layer.unwrap(
    Effect.map(
      EmbeddedServer.start({ dataDirectory: Option.getOrElse(data, defaultDataDirectory), port: 0 }),
      // its port is another one each time, and its tasks are where its data is
      ({ baseUrl, apiKey, dataDirectory }) =>
        VoiceCloneNode.layer({ baseUrl, apiKey, server: `embedded in ${dataDirectory}` }),
    ),
  )
